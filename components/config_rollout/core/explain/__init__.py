"""Why a DaemonSet changes, what is no longer as the last `up` left it, and what follows."""
