"""Why a workload changes, what no longer is as the last `up` left it, and what follows."""
