package dev.berth.node.volume;

import dev.berth.core.model.PersistentVolume;
import dev.berth.core.provision.ProvisionProtocol;
import dev.berth.node.plugin.LocalVolumes;
import dev.berth.node.plugin.LoopProvisioner;
import dev.berth.node.plugin.LoopVolumes;
import dev.berth.node.plugin.VolumeId;
import dev.berth.node.plugin.VolumeSource;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The disk, directory or image of a node that a PersistentVolume is. */
record DiskSource(VolumeId id, VolumeSource source) {
  private static final String DEFAULT_FS_TYPE = "ext4";

  /** Empty for a volume that is none of them. */
  static Optional<DiskSource> of(PersistentVolume volume) {
    var local = volume.spec().local();
    if (local != null) {
      var source = volume.block() ? block(volume, local) : local(volume, local);
      return Optional.of(new DiskSource(LocalVolumes.id(name(volume)), source));
    }
    return Optional.ofNullable(volume.spec().csi())
        .filter(csi -> csi.driver().equals(LoopVolumes.NAME))
        .map(csi -> new DiskSource(LoopVolumes.id(name(volume)), loop(volume, csi)));
  }

  private static VolumeSource local(PersistentVolume volume, PersistentVolume.Local local) {
    return new VolumeSource.Local(
        name(volume),
        volume.metadata().uid(),
        Path.of(local.path()),
        fsType(local.fsType()),
        volume.storage().ceiling(),
        volume.spec().mountOptions(),
        readOnly(volume));
  }

  private static VolumeSource block(PersistentVolume volume, PersistentVolume.Local local) {
    return new VolumeSource.LocalBlock(
        name(volume),
        volume.metadata().uid(),
        Path.of(local.path()),
        volume.storage().ceiling(),
        readOnly(volume));
  }

  private static VolumeSource loop(PersistentVolume volume, PersistentVolume.Csi csi) {
    return new VolumeSource.Loop(
        name(volume),
        volume.metadata().uid(),
        LoopProvisioner.pool(csi),
        csi.volumeHandle(),
        fsType(csi.fsType()),
        volume.storage().ceiling(),
        volume.spec().mountOptions(),
        volume.block(),
        csi.readOnly() || readOnly(volume),
        !(ProvisionProtocol.of(volume) instanceof ProvisionProtocol.NotOurs));
  }

  private static String name(PersistentVolume volume) {
    return volume.metadata().name();
  }

  private static String fsType(@Nullable String asked) {
    return asked == null || asked.isEmpty() ? DEFAULT_FS_TYPE : asked;
  }

  private static boolean readOnly(PersistentVolume volume) {
    return volume.spec().accessModes().equals(List.of("ReadOnlyMany"));
  }
}
