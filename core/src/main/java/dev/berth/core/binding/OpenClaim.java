package dev.berth.core.binding;

import dev.berth.core.control.Observed;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import java.util.List;

/**
 * A claim that gets its volume together with a node.
 *
 * @param reserved the volumes that name the claim: when there are any, it gets one of them
 */
public record OpenClaim(
    Observed<PersistentVolumeClaim> claim, List<Observed<PersistentVolume>> reserved) {}
