"""Serves the components to programs in other languages: docs/languages.md."""

from config_rollout.hosted.provider import main

if __name__ == "__main__":
    main()
