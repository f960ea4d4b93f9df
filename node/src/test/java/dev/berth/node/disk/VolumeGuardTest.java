package dev.berth.node.disk;

import static dev.berth.node.disk.LoopDisks.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.berth.node.disk.VolumeGuard.Finding;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VolumeGuardTest {
  private static final UUID VOLUME = UUID.fromString("7f3e1c02-9a4b-4c5d-8e6f-001122334455");
  private static final UUID OTHER = UUID.fromString("11111111-9a4b-4c5d-8e6f-001122334455");

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private DiskParts parts;

  @BeforeEach
  void wire() throws IOException {
    parts = DiskParts.in(disks.directory());
  }

  private Finding look(Path directory) throws Exception {
    return parts.guard().look(directory, VOLUME, false);
  }

  private Path mounted(String type) {
    if (type.equals("tmpfs")) {
      var target = disks.directory("vol1");
      run("mount", "-t", "tmpfs", "vol1", target.toString());
      return target;
    }
    var disk = disks.disk(320 << 20);
    run("mkfs." + type, "-q", disk.device().toString());
    return disks.mount(disk, type, "vol1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "ext4", "xfs", "btrfs"})
  void aMountedDirectoryIsMarkedOnceAndBelongsToItsVolume(String type) throws Exception {
    var directory = mounted(type);

    assertThat(look(directory)).isInstanceOf(Finding.Unmarked.class);
    parts.guard().mark(directory, VOLUME);
    assertThat(look(directory))
        .isInstanceOfSatisfying(
            Finding.Own.class, own -> assertThat(own.mount().type()).isEqualTo(type));
    assertThat(parts.guard().look(directory, OTHER, false))
        .isInstanceOfSatisfying(
            Finding.Foreign.class,
            foreign -> {
              assertThat(foreign.owner()).isEqualTo(VOLUME.toString());
              assertThat(foreign.message())
                  .contains(directory.toString(), VOLUME.toString(), OTHER.toString());
            });
    parts.guard().unmark(directory);
    assertThat(look(directory)).isInstanceOf(Finding.Unmarked.class);
  }

  @Test
  void aDirectoryWhoseMountIsGoneIsNotTheVolume() throws Exception {
    var directory = mounted("tmpfs");
    parts.guard().mark(directory, VOLUME);
    run("umount", directory.toString());

    assertThat(look(directory))
        .isInstanceOfSatisfying(
            Finding.NotMounted.class,
            gone -> assertThat(gone.message()).contains(directory.toString(), "not a mount point"));
    assertThat(parts.guard().look(directory, VOLUME, true)).isInstanceOf(Finding.Unmarked.class);
  }

  @Test
  void whatIsNoDirectoryIsMissing() throws Exception {
    assertThat(look(disks.directory().resolve("nowhere"))).isInstanceOf(Finding.Missing.class);
    var file = Files.createFile(disks.directory().resolve("file"));
    assertThat(look(file))
        .isInstanceOfSatisfying(
            Finding.Missing.class,
            missing -> assertThat(missing.message()).contains("regular empty file"));
  }

  @Test
  void aFileSystemThatDoesNotAnswerIsNotTouched() throws Exception {
    var directory = mounted("tmpfs");
    parts.wrap("stat", "exec sleep 1000");

    assertThat(look(directory))
        .isInstanceOfSatisfying(
            Finding.Unknown.class,
            unknown -> assertThat(unknown.message()).contains("does not answer"));
  }

  @Test
  void nothingCanBeWrittenToAProtectedMountPointWhileNothingIsMounted() throws Exception {
    var directory = disks.directory().resolve("mount-point");
    parts.guard().protectMountPoint(directory);
    parts.guard().protectMountPoint(directory);

    assertThatThrownBy(() -> Files.createFile(directory.resolve("stray")))
        .isInstanceOfAny(AccessDeniedException.class, FileSystemException.class);
    run("mount", "-t", "tmpfs", "x", directory.toString());
    Files.createFile(directory.resolve("on-the-volume"));
    assertThatThrownBy(() -> parts.guard().protectMountPoint(directory))
        .hasMessageContaining("something is mounted at " + directory);
    assertThatThrownBy(() -> parts.guard().removeMountPoint(directory))
        .hasMessageContaining("something is mounted at " + directory);
    run("umount", directory.toString());
    parts.guard().removeMountPoint(directory);
    parts.guard().removeMountPoint(directory);
    assertThat(directory).doesNotExist();
  }

  @Test
  void aMountPointThatHoldsFilesIsRefused() throws Exception {
    var directory = disks.directory("used");
    Files.createFile(directory.resolve("stray"));

    assertThatThrownBy(() -> parts.guard().protectMountPoint(directory))
        .hasMessageContaining("is not empty");
  }
}
