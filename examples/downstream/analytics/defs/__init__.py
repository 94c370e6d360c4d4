"""The platform as a component, and our own assets beside it."""
