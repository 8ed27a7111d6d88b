"""The policy pack: `pulumi preview --policy-pack policies`. Rules and adapters are config_rollout's."""

from config_rollout.pack import main

main()
