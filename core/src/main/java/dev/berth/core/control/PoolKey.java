package dev.berth.core.control;

import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;

/**
 * What claims and volumes must have in common before anything else is compared.
 *
 * @param className empty for no class, which is a class of its own
 * @param block whether the device itself is wanted, without a file system
 */
public record PoolKey(String className, boolean block) {

  public static PoolKey of(PersistentVolume volume) {
    return new PoolKey(volume.className(), volume.block());
  }

  public static PoolKey of(PersistentVolumeClaim claim) {
    return new PoolKey(claim.className(), claim.block());
  }
}
