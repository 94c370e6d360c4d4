"""What of an environment is not for a command of Dagster's to inherit: what it would take for its options."""

OPTIONS = {
    f"DAGSTER_{name}"
    for name in [
        "ATTRIBUTE",
        "autoload_defs_module_name",
        "MODULE_NAME",
        "PACKAGE_NAME",
        "PYTHON_FILE",
        "WORKING_DIRECTORY",
        "WORKSPACE",
        "CODE_SERVER_HOST",
        "CODE_SERVER_MAX_WORKERS",
        "CODE_SERVER_PORT",
        "CODE_SERVER_SOCKET",
        "CODE_SERVER_STARTUP_TIMEOUT",
        "COMPRESSED_EXECUTE_RUN_ARGS",
        "COMPRESSED_EXECUTE_STEP_ARGS",
        "CONTAINER_CONTEXT",
        "CONTAINER_IMAGE",
        "DAEMON_LOG_LEVEL",
        "EMPTY_WORKING_DIRECTORY",
        "ENABLE_SERVER_METRICS",
        "EXECUTE_RUN_ARGS",
        "EXECUTE_STEP_ARGS",
        "GRPC_HOST",
        "GRPC_MAX_WORKERS",
        "GRPC_PORT",
        "GRPC_PROXY_HEARTBEAT_TTL_SECONDS",
        "GRPC_SOCKET",
        "INJECT_ENV_VARS_FROM_INSTANCE",
        "INSTANCE_REF",
        "LAZY_LOAD_USER_CODE",
        "LOCATION_NAME",
        "USE_PYTHON_ENVIRONMENT_ENTRY_POINT",
    ]
}
"""Variables that Dagster's commands read beside their command line; a test compares them with Dagster's own."""

OPTION_PREFIXES = ("DAGIT_", "DAGSTER_CLI_", "DAGSTER_WEBSERVER_")
"""Dagster's commands read every option of theirs from a variable that begins so."""
