"""How fast the platform is: ratios of cpu to other ways of doing a job; a number counts only if its result is right."""
