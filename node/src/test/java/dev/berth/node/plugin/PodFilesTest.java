package dev.berth.node.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.NodeWorld;
import dev.berth.node.linux.SystemChildProcesses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a pod's group gets of a volume's files. Needs root, who alone gives files away. */
class PodFilesTest {
  private static final FsGroup ALWAYS = new FsGroup(4711, false);
  private static final FsGroup ON_ROOT_MISMATCH = new FsGroup(4711, true);

  @TempDir Path temp;
  private Path volume;
  private Path outside;
  private final PodFiles files = new PodFiles(NodeWorld.children());

  @BeforeEach
  void fill() throws IOException {
    volume = Files.createDirectory(temp.resolve("volume"));
    Files.createDirectories(volume.resolve("base/1"));
    Files.writeString(volume.resolve("base/1/table"), "data");
    Files.setPosixFilePermissions(
        volume.resolve("base/1/table"), PosixFilePermissions.fromString("rw-------"));
    outside = Files.writeString(temp.resolve("outside"), "not the volume's");
    Files.createSymbolicLink(volume.resolve("base/link"), outside);
  }

  private int group(String file) throws IOException {
    return (int) Files.getAttribute(temp.resolve(file), "unix:gid");
  }

  private int mode(String file) throws IOException {
    return (int) Files.getAttribute(temp.resolve(file), "unix:mode") & 07777;
  }

  @Test
  void everythingIsTheGroupsAndWhatIsMadeInItToo() throws Exception {
    assertThat(files.give(volume, ALWAYS)).isInstanceOf(Attempt.Done.class);

    for (var file : new String[] {"volume", "volume/base", "volume/base/1"}) {
      assertThat(group(file)).as(file).isEqualTo(4711);
      assertThat(mode(file) & 02070).as(file).isEqualTo(02070);
    }
    assertThat(group("volume/base/1/table")).isEqualTo(4711);
    assertThat(mode("volume/base/1/table")).isEqualTo(0660);
    Files.writeString(volume.resolve("base/1/new"), "");
    assertThat(group("volume/base/1/new")).isEqualTo(4711);
    assertThat(files.has(volume, ALWAYS)).isTrue();
    assertThat(files.has(volume, new FsGroup(4712, false))).isFalse();
  }

  @Test
  void whatALinkLeadsToIsLeftAlone() throws Exception {
    var before = mode("outside");
    files.give(volume, ALWAYS);

    assertThat(group("outside")).isZero();
    assertThat(mode("outside")).isEqualTo(before);
  }

  @Test
  void onRootMismatchAsksTheRootOnly() throws Exception {
    files.give(volume, ON_ROOT_MISMATCH);
    assertThat(group("volume/base/1/table")).isEqualTo(4711);

    Files.setAttribute(volume.resolve("base/1/table"), "unix:gid", 0);
    files.give(volume, ON_ROOT_MISMATCH);
    assertThat(group("volume/base/1/table")).isZero();

    // The right group without its rights is no match.
    Files.setAttribute(volume, "unix:mode", 0755);
    files.give(volume, ON_ROOT_MISMATCH);
    assertThat(group("volume/base/1/table")).isEqualTo(4711);

    Files.setAttribute(volume.resolve("base/1/table"), "unix:gid", 0);
    files.give(volume, ALWAYS);
    assertThat(group("volume/base/1/table")).isEqualTo(4711);
  }

  @Test
  void whatWasCutShortIsNotTakenForDone() throws Exception {
    // The program is killed while it works: a part of the files has been given.
    var tools = Files.createDirectory(temp.resolve("tools"));
    var find =
        Files.writeString(tools.resolve("find"), "#!/bin/sh\n/usr/bin/find \"$@\"; kill -9 $$");
    Files.setPosixFilePermissions(find, PosixFilePermissions.fromString("rwxr-xr-x"));
    var places = new ArrayList<>(List.of(tools));
    places.addAll(SystemChildProcesses.Limits.DEFAULT.toolDirectories());
    var dying = new PodFiles(NodeWorld.children(places));
    assertThat(dying.give(volume, ON_ROOT_MISMATCH)).isInstanceOf(Attempt.Failed.class);
    assertThat(group("volume")).isZero();
    Files.setAttribute(volume.resolve("base/1/table"), "unix:gid", 0);

    assertThat(files.give(volume, ON_ROOT_MISMATCH)).isInstanceOf(Attempt.Done.class);
    assertThat(group("volume/base/1/table")).isEqualTo(4711);
    assertThat(group("volume")).isEqualTo(4711);

    // Cut short on the way to another group, it is not taken for the first one's either.
    assertThat(dying.give(volume, new FsGroup(4712, true))).isInstanceOf(Attempt.Failed.class);
    assertThat(group("volume/base/1/table")).isEqualTo(4712);
    assertThat(files.give(volume, ON_ROOT_MISMATCH)).isInstanceOf(Attempt.Done.class);
    assertThat(group("volume/base/1/table")).isEqualTo(4711);
  }
}
