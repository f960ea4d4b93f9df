package dev.berth.node.disk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.disk.DiskPreparation.Origin;
import dev.berth.node.disk.DiskPreparation.Prepared;
import dev.berth.node.disk.DiskPreparation.Reason;
import dev.berth.node.disk.LoopDisks.LoopDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/** A host on which volumes ask for their disks: real loop disks, the system's own programs. */
final class PreparationScene {
  static final long MIB = 1 << 20;
  static final UUID VOLUME = UUID.fromString("7f3e1c02-9a4b-4c5d-8e6f-001122334455");
  static final UUID OTHER = UUID.fromString("11111111-9a4b-4c5d-8e6f-001122334455");

  static final FormatAnyway NOTHING_SAID =
      new FormatAnyway("pv", Optional.empty(), device -> Optional.empty());

  private final Path directory;
  private DiskParts parts;

  PreparationScene(LoopDisks disks) throws IOException {
    directory = disks.directory();
    parts = DiskParts.in(directory);
  }

  DiskParts parts() {
    return parts;
  }

  /** As after a restart: only what lies on disk is known. */
  void restart() throws IOException {
    parts = DiskParts.in(directory);
  }

  /** What the volume asks for on an ordinary day. */
  VolumeRequest request(UUID volume, Path path, FileSystemKind kind) throws IOException {
    return new VolumeRequest(volume, parts.device(path), kind);
  }

  VolumeRequest request(LoopDisk disk) throws IOException {
    return request(VOLUME, disk.device(), FileSystemKind.EXT4);
  }

  Prepared prepare(VolumeRequest request) throws Exception {
    return parts.preparation().prepare(request.request());
  }

  static void assertReady(Prepared prepared, String uuid, Origin origin) {
    assertThat(prepared)
        .isInstanceOfSatisfying(
            Prepared.Ready.class,
            ready -> {
              assertThat(ready.uuid()).isEqualTo(uuid);
              assertThat(ready.origin()).isEqualTo(origin);
            });
  }

  /** It is the volume's own, and was made for it. */
  static void assertFormatted(Prepared prepared) {
    assertReady(prepared, VOLUME.toString(), Origin.FORMATTED);
  }

  static void assertRefused(Prepared prepared, Reason reason, String... words) {
    assertThat(prepared)
        .isInstanceOfSatisfying(
            Prepared.Refused.class,
            refused -> {
              assertThat(refused.reason()).as(refused.message()).isEqualTo(reason);
              for (var word : words) {
                assertThat(refused.message()).contains(word);
              }
            });
  }
}
