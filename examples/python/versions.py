def is_newer(version: bytes, stored: bytes) -> bool:
    """Whether `version` replaces the stored version of the same (account, id). Python compares bytes as unsigned."""
    return version > stored
