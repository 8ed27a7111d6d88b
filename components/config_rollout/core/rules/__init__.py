"""
The rules on Kubernetes objects, and how they are run: `check(objects, settings)`.

One file for each subject. Each rule is defined once, for the policy pack and for the command line.
"""

from . import (
    budgets,
    hash_out_of_date,
    hashes,
    ineffective,
    keys,
    kube_proxy,
    names,
    needless_restart,
    not_hashed,
    patches,
    readiness,
    secrets,
    volatile,
    waves,
)
from .rule import Rule

RULES: tuple[Rule, ...] = (
    names.HASH_FROM_RESOURCE,
    names.CONFIG_REPLACED,
    names.IMMUTABLE_FIXED_NAME,
    not_hashed.NOT_HASHED,
    not_hashed.CHANGED_IN_PLACE,
    hashes.HASH_BESIDE_TEMPLATE,
    hashes.HASH_NOT_OF_CONTENT,
    hash_out_of_date.HASH_OUT_OF_DATE,
    needless_restart.NEEDLESS_RESTART,
    keys.MISSING_KEY,
    volatile.VOLATILE_TEMPLATE,
    readiness.READINESS_PROBE,
    readiness.MIN_READY_SECONDS,
    budgets.CRITICAL_BUDGET,
    budgets.UPDATE_STRATEGY,
    budgets.SURGE_ON_HOST,
    ineffective.ON_DELETE,
    ineffective.DISRUPTION_BUDGET,
    kube_proxy.REFUSES,
    kube_proxy.REFUSES_THERE,
    kube_proxy.IGNORES,
    kube_proxy.MODE,
    kube_proxy.IPVS,
    kube_proxy.HEALTH_PORT,
    secrets.SECRET,
    patches.PATCH_ON_DESTROY,
    waves.WITHOUT_GATE,
)
"""Every rule, in the order in which findings on one object are reported."""

BY_ID = {rule.id: rule for rule in RULES}
"""Id -> rule."""
