package dev.berth.node.disk;

import static dev.berth.node.disk.LoopDisks.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.disk.SafeRemoval.Immutable;
import dev.berth.node.disk.SafeRemoval.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SafeRemovalTest {
  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private SafeRemoval removal;
  private Path outside;
  private Path tree;

  @BeforeEach
  void wire() throws IOException {
    removal = DiskParts.in(disks.directory()).removal();
    outside = disks.directory("outside");
    Files.writeString(outside.resolve("precious"), "kept");
    tree = disks.directory("tree");
    Files.createDirectories(tree.resolve("a/b/c"));
    Files.writeString(tree.resolve("a/b/file"), "x");
  }

  private void assertPreciousIsKept() {
    assertThat(outside.resolve("precious")).hasContent("kept");
  }

  @Test
  void aTreeIsRemovedAndLinksAreNotFollowed() throws Exception {
    Files.createSymbolicLink(tree.resolve("a/link"), outside);
    Files.createSymbolicLink(tree.resolve("a/b/c/up"), Path.of("../../../../outside"));
    run("mkfifo", tree.resolve("a/fifo").toString());

    assertThat(removal.removeTree(tree, Immutable.STOP)).isEqualTo(new Result.Removed(4, 4));
    assertThat(tree).doesNotExist();
    assertThat(removal.removeTree(tree, Immutable.STOP)).isEqualTo(new Result.Removed(0, 0));
    assertPreciousIsKept();
  }

  @Test
  void contentsAreRemovedAndTheDirectoryStays() throws Exception {
    assertThat(removal.removeContents(tree, Immutable.STOP)).isEqualTo(new Result.Removed(1, 3));
    assertThat(tree).isEmptyDirectory();
  }

  @Test
  void contentsOfAMountedVolumeAreRemoved() throws Exception {
    var volume = disks.directory("volume");
    run("mount", "-t", "tmpfs", "x", volume.toString());
    Files.createDirectories(volume.resolve("data/deep"));

    assertThat(removal.removeContents(volume, Immutable.STOP)).isEqualTo(new Result.Removed(0, 2));
    assertThat(removal.removeTree(volume, Immutable.STOP))
        .isInstanceOf(Result.StoppedAtMount.class);
  }

  @Test
  void aBindMountOfTheSameFileSystemStopsIt() throws Exception {
    var target = tree.resolve("a/b/c");
    run("mount", "--bind", outside.toString(), target.toString());

    assertThat(removal.removeTree(tree, Immutable.STOP))
        .isInstanceOfSatisfying(
            Result.StoppedAtMount.class,
            stopped -> {
              assertThat(stopped.at()).isEqualTo(target);
              assertThat(stopped.message()).contains(target.toString(), "unmount it first");
            });
    assertPreciousIsKept();
    run("umount", target.toString());
    assertThat(removal.removeTree(tree, Immutable.STOP)).isInstanceOf(Result.Removed.class);
  }

  @Test
  void aMountOnTheTreeItselfOrOnAFileStopsIt() throws Exception {
    run("mount", "--bind", outside.toString(), tree.toString());
    assertThat(removal.removeTree(tree, Immutable.STOP))
        .isInstanceOfSatisfying(
            Result.StoppedAtMount.class, stopped -> assertThat(stopped.at()).isEqualTo(tree));
    run("umount", tree.toString());

    var file = tree.resolve("a/b/file");
    run("mount", "--bind", outside.resolve("precious").toString(), file.toString());
    assertThat(removal.removeTree(tree, Immutable.STOP))
        .isInstanceOfSatisfying(
            Result.StoppedAtMount.class, stopped -> assertThat(stopped.at()).isEqualTo(file));
    run("umount", file.toString());
    assertPreciousIsKept();
  }

  @Test
  void aLinkInPlaceOfTheTreeIsNotFollowed() throws Exception {
    var link = Files.createSymbolicLink(disks.directory().resolve("link"), outside);

    assertThat(removal.removeTree(link, Immutable.STOP)).isInstanceOf(Result.Failed.class);
    assertPreciousIsKept();
  }

  @Test
  void immutableFilesStopItUntilToldOtherwise() throws Exception {
    run("chattr", "+i", tree.resolve("a/b/file").toString(), tree.resolve("a/b/c").toString());

    assertThat(removal.removeTree(tree, Immutable.STOP))
        .isInstanceOfSatisfying(
            Result.Failed.class,
            failed -> assertThat(failed.message()).contains("EPERM", "immutable"));
    assertThat(removal.removeTree(tree, Immutable.CLEAR)).isInstanceOf(Result.Removed.class);
    assertThat(tree).doesNotExist();
  }

  @Test
  void namesOfAnyBytesManyFilesAndDeepDirectoriesAreRemovedFromAVirtualThread() throws Exception {
    run("perl", "-e", "open F, '>', qq($ARGV[0]/\\xff\\n\\\\) or die", tree.toString());
    for (var i = 0; i < 2500; i++) {
      Files.createFile(tree.resolve("a/a-file-with-a-name-of-some-length-" + i));
    }
    run("sh", "-c", "cd " + tree + "; for i in $(seq 400); do mkdir d; cd d; done");
    var result = new CompletableFuture<Result>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                result.complete(removal.removeTree(tree, Immutable.STOP));
              } catch (IOException e) {
                result.completeExceptionally(e);
              }
            });

    assertThat(result.join()).isEqualTo(new Result.Removed(2502, 404));
    assertThat(tree).doesNotExist();
  }
}
