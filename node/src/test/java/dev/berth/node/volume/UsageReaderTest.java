package dev.berth.node.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.node.VolumeUsage;
import dev.berth.node.NodeWorld;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With the real program, or one that hangs at one path before it does the same. */
class UsageReaderTest {
  private static final GroupProbe.Patience SHORT =
      new GroupProbe.Patience(Duration.ofMillis(500), Duration.ofMillis(500));

  @TempDir private Path directory;

  @Test
  void theFiguresAreThoseOfTheFileSystem() throws Exception {
    var reader = new UsageReader(NodeWorld.children(), GroupProbe.Patience.DEFAULT);
    var figures =
        reader
            .read(List.of(directory, Path.of("/proc")))
            .getOrDefault(directory, VolumeUsage.Figures.NONE);
    var store = Files.getFileStore(directory);
    assertThat(figures.capacityBytes()).isEqualTo(store.getTotalSpace());
    assertThat(figures.usedBytes()).isBetween(1L, store.getTotalSpace());
    assertThat(figures.availableBytes()).isBetween(0L, store.getTotalSpace());
    assertThat(figures.inodes()).isEqualTo(figures.inodesFree() + figures.inodesUsed());
  }

  @Test
  void oneThatHangsHidesNoOther() throws Exception {
    var hung = Files.createDirectory(directory.resolve("hung"));
    var reader = new UsageReader(NodeWorld.children(hangingAt(hung)), SHORT);
    var well = Files.createDirectory(directory.resolve("well"));
    var gone = directory.resolve("gone");
    assertThat(reader.read(List.of(well, hung, gone, directory))).containsOnlyKeys(well, directory);
  }

  private List<Path> hangingAt(Path path) throws IOException {
    var tools = Files.createDirectory(directory.resolve("tools"));
    Files.writeString(
        tools.resolve("stat"),
        """
        #!/bin/sh
        for word; do [ "$word" = "%s" ] && exec /bin/sleep 1000; done
        exec /usr/bin/stat "$@"
        """
            .formatted(path));
    Files.setPosixFilePermissions(
        tools.resolve("stat"), PosixFilePermissions.fromString("rwx------"));
    return List.of(tools);
  }
}
