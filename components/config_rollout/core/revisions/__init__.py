"""What each revision of a workload needs: the names of its ConfigMaps, how long they live, and who owns them."""
