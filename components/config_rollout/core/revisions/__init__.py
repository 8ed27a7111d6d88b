"""What each revision of a workload needs: the names of its ConfigMaps, how long they are kept, and who owns them."""
