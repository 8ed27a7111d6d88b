"""The policy pack: `pulumi preview --policy-pack policies`. The rules are config_rollout's."""

from pulumi_policy import PolicyPack

from config_rollout.policies import policies

PolicyPack("config-rollout", policies())
