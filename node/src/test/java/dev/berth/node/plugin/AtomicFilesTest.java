package dev.berth.node.plugin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.berth.node.disk.OpenatRemoval;
import dev.berth.node.linux.JnrSyscalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that change all at once, on a real file system. */
class AtomicFilesTest {
  @TempDir Path directory;

  private Instant now = Instant.parse("2026-03-01T12:00:00Z");
  private final AtomicFiles files =
      new AtomicFiles(new OpenatRemoval(new JnrSyscalls()), () -> now = now.plusNanos(1));

  private static FileSet set(String... pathsAndContents) {
    var set = new FileSet.Builder();
    for (var i = 0; i < pathsAndContents.length; i += 2) {
      set.add(pathsAndContents[i], pathsAndContents[i + 1].getBytes(UTF_8), 0640);
    }
    return set.build();
  }

  private void show(FileSet set) throws IOException {
    files.show(directory, set, Optional.empty());
  }

  private List<String> names() throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(path -> String.valueOf(path.getFileName())).sorted().toList();
    }
  }

  @Test
  void aSetBecomesExactlyTheFilesThatItNames() throws Exception {
    show(set("a", "1", "conf/deep/b", "2"));
    assertThat(directory.resolve("a")).hasContent("1");
    assertThat(directory.resolve("conf/deep/b")).hasContent("2");
    assertThat((int) Files.getAttribute(directory.resolve("a"), "unix:mode") & 07777)
        .isEqualTo(0640);
    assertThat(names()).hasSize(4).contains("..data", "a", "conf");

    show(set("conf/b", "3", "c", "4"));
    assertThat(directory.resolve("conf/b")).hasContent("3");
    assertThat(directory.resolve("c")).hasContent("4");
    assertThat(directory.resolve("conf/deep")).doesNotExist();
    assertThat(names()).hasSize(4).contains("..data", "c", "conf");
  }

  @Test
  void whatIsThereAlreadyIsNotWrittenAgain() throws Exception {
    show(set("a", "1"));
    var first = Files.readSymbolicLink(directory.resolve("..data"));
    show(set("a", "1"));
    assertThat(Files.readSymbolicLink(directory.resolve("..data"))).isEqualTo(first);
    show(set("a", "2"));
    assertThat(Files.readSymbolicLink(directory.resolve("..data"))).isNotEqualTo(first);
  }

  @Test
  void everyStepThatWasCutShortIsMadeGood() throws Exception {
    show(set("a", "1", "b", "1"));
    // After a kill: a half-written directory, a new link not yet renamed, links that are missing
    // or too many.
    Files.createDirectories(directory.resolve("..2026_01_01_00_00_00.000000000/half"));
    Files.createSymbolicLink(directory.resolve("..data_tmp"), Path.of("..nowhere"));
    Files.delete(directory.resolve("b"));
    Files.createSymbolicLink(directory.resolve("stale"), Path.of("..data/stale"));
    show(set("a", "1", "b", "1"));
    assertThat(names()).hasSize(4).contains("..data", "a", "b");
    assertThat(directory.resolve("b")).hasContent("1");

    Files.delete(directory.resolve("..data"));
    show(set("a", "1", "b", "1"));
    assertThat(directory.resolve("a")).hasContent("1");
    assertThat(names()).hasSize(4);
  }

  @Test
  void anEmptySetIsAnEmptyDirectory() throws Exception {
    assertThat(AtomicFiles.present(directory)).isFalse();
    show(FileSet.NONE);
    assertThat(AtomicFiles.present(directory)).isTrue();
    assertThat(names()).hasSize(2).contains("..data");
  }

  @Test
  void theGroupOfAPodMayReadThem() throws Exception {
    var group = Optional.of(new FsGroup(4711, false));
    var secret = new FileSet.Builder().add("dir/a", new byte[] {1}, 0400).build();
    files.show(directory, secret, group);
    var file = directory.resolve("dir/a");
    assertThat(Files.getAttribute(file, "unix:gid")).isEqualTo(4711);
    assertThat((int) Files.getAttribute(file, "unix:mode") & 07777).isEqualTo(0440);
    var parent = directory.resolve("dir");
    assertThat(Files.getAttribute(parent, "unix:gid")).isEqualTo(4711);
    assertThat((int) Files.getAttribute(parent, "unix:mode") & 07777).isEqualTo(02755);
    var before = Files.readSymbolicLink(directory.resolve("..data"));
    files.show(directory, secret, group);
    assertThat(Files.readSymbolicLink(directory.resolve("..data"))).isEqualTo(before);
  }

  @Test
  void aFileThatLeadsOutOfTheVolumeIsRefused() {
    assertThatThrownBy(() -> show(set("../../x", "1")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("leads out of it");
  }

  @Test
  void aReaderNeverSeesAMixture() throws Exception {
    show(set("a", "0", "b", "0"));
    var stop = new AtomicBoolean();
    var mixtures = new AtomicBoolean();
    var missed = new AtomicInteger();
    var reader =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (!stop.get()) {
                    try {
                      var data = directory.resolve("..data").toRealPath();
                      var a = Files.readString(data.resolve("a"));
                      if (!a.equals(Files.readString(data.resolve("b")))) {
                        mixtures.set(true);
                      }
                    } catch (IOException e) {
                      // The set that it looked at has been replaced and removed: it looks again.
                      missed.incrementAndGet();
                    }
                  }
                });
    for (var i = 1; i <= 200; i++) {
      show(set("a", "" + i, "b", "" + i));
      assertThat(directory.resolve("..data/a")).hasContent("" + i);
    }
    stop.set(true);
    reader.join();
    assertThat(mixtures).isFalse();
  }
}
