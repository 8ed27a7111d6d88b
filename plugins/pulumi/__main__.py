"""Serves the components to programs in other languages: `pulumi package add` finds it here."""

from config_rollout.hosted.provider import main

if __name__ == "__main__":
    main()
