"""Keeps a kube-proxy that is ours from being deleted where it was only to be adopted."""

import pulumi

from .listeners import Listener, refusing


def refuse_deletion(who: str) -> Listener:
    """
    Return what fails for the component, in preview and in `up`, where `own` becomes `adopt` and would delete.

    What the engine deletes at the end of an `up` is decided by what was registered before: a DaemonSet of our own that
    was not retained then is deleted, whatever the program says now.
    """

    async def before_update(args: pulumi.ResourceHookArgs) -> None:
        old, new = args.old_inputs or {}, args.new_inputs or {}
        # What has no `manage` is another component's: one that had a DaemonSet of its own.
        if old.get("manage") != "adopt" and new.get("manage") == "adopt" and not old.get("retained"):
            raise ValueError(
                f"{who}: manage: 'own' => 'adopt' would delete the component's DaemonSet. Set retain_on_delete on the "
                "component and run `pulumi up`, which writes nothing; then change to 'adopt'."
            )

    return refusing(before_update)
