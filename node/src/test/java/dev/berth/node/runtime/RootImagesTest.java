package dev.berth.node.runtime;

import static dev.berth.node.runtime.ContainerHost.exit;
import static dev.berth.node.runtime.ContainerHost.log;
import static dev.berth.node.runtime.ContainerHost.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.berth.node.runtime.ContainerFailure.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class RootImagesTest {
  @RegisterExtension final ContainerHost host = new ContainerHost();

  /** A root file system with just enough to run a shell: what /bin/sh needs, copied. */
  private Path rootFileSystem() throws Exception {
    var outside = Files.createTempDirectory(Path.of("/var/lib"), "berth-runtime-image-");
    host.deleteAfterwards(outside);
    var script =
        """
        set -e
        mkdir -p "$0/bin" "$0/etc"
        cp /bin/sh /bin/cat "$0/bin"
        for l in $(ldd /bin/sh /bin/cat | grep -o '/[^ :]*\\.so[^ ]*' | sort -u); do
          mkdir -p "$0$(dirname $l)"; cp -L "$l" "$0$l"
        done
        echo 'app:x:777:888::/:/bin/sh' > "$0/etc/passwd"
        echo image > "$0/etc/name"
        """;
    var child = new ProcessBuilder("/bin/sh", "-c", script, outside.toString()).inheritIO().start();
    assertThat(child.waitFor()).isZero();
    return outside;
  }

  private static ContainerSpec spec(String image, String script) {
    return new ContainerSpec(pod(), "main", 0, image, ContainerProcess.of("/bin/sh", "-c", script));
  }

  @Test
  void aDirectoryIsAnImageThatContainersDoNotChange() throws Exception {
    var image = rootFileSystem();
    var runtime = host.open(host.aliases(Map.of("app:1", image.toString())));
    var spec = spec("app:1", "cat /etc/name; echo changed > /etc/name; cat /etc/name");
    assertThat(runtime.start(spec).imageId()).isEqualTo("dir:" + image);
    exit(runtime, spec.id());
    assertThat(log(runtime, spec.id())).isEqualTo("image\nchanged\n");
    assertThat(image.resolve("etc/name")).hasContent("image\n");
    var byPath = spec(image.toString(), "cat /etc/name");
    runtime.start(byPath);
    exit(runtime, byPath.id());
    assertThat(log(runtime, byPath.id())).isEqualTo("image\n");
    refused(runtime, spec("app:2", "true"), Reason.IMAGE_UNAVAILABLE, "app: host");
    refused(
        runtime,
        new ContainerSpec(pod(), "main", 0, "app:1", ContainerProcess.of()),
        Reason.CONFIG_INVALID,
        "set command");
  }

  @Test
  void anArchiveIsUnpackedOnceAndRemovedWhenNobodyUsesIt() throws Exception {
    var directory = rootFileSystem();
    var archive = host.directory().resolve("app.tar.gz");
    var tar =
        new ProcessBuilder("tar", "-czf", archive.toString(), "-C", directory.toString(), ".")
            .inheritIO()
            .start();
    assertThat(tar.waitFor()).isZero();
    var settings = host.aliases(Map.of("app", archive.toString()));
    var runtime = host.open(settings);
    var images = ContainerPaths.runtime(settings).resolve("images");
    for (var i = 0; i < 2; i++) {
      var spec = spec("docker.io/library/app:latest", "cat /etc/name");
      assertThat(runtime.start(spec).imageId()).startsWith("tar:");
      exit(runtime, spec.id());
      assertThat(log(runtime, spec.id())).isEqualTo("image\n");
      assertThat(images.toFile().list()).hasSize(1);
    }
    for (var status : runtime.list()) {
      runtime.removePod(status.pod().uid());
    }
    host.close(runtime);
    Files.createDirectories(images.resolve("half.part/etc"));
    host.open(settings);
    assertThat(images).isEmptyDirectory();
  }

  @Test
  void whatIsNoImageIsRefusedWithTheReason() throws Exception {
    var text = Files.writeString(host.directory().resolve("text"), "no archive");
    var inside = Files.createDirectory(host.directory().resolve("inside"));
    var runtime =
        host.open(
            host.aliases(
                Map.of(
                    "text", text.toString(),
                    "gone", "/nowhere/image",
                    "odd", "relative",
                    "root", "/",
                    "inside", inside.toString())));
    refused(runtime, spec("text", "true"), Reason.IMAGE_UNAVAILABLE, "does not look like a tar");
    refused(runtime, spec("gone", "true"), Reason.IMAGE_UNAVAILABLE, "/nowhere/image");
    refused(runtime, spec("odd", "true"), Reason.IMAGE_UNAVAILABLE, "relative");
    refused(runtime, spec("root", "true"), Reason.IMAGE_UNAVAILABLE, "name it host");
    refused(runtime, spec("inside", "true"), Reason.CREATE_FAILED, "no container may see");
    assertThat(host.leftBehind(runtime)).allMatch(left -> left.contains("/images/"));
  }

  private static void refused(
      OciRuntime runtime, ContainerSpec spec, Reason reason, String explanation) {
    assertThatExceptionOfType(ContainerFailure.class)
        .isThrownBy(() -> runtime.start(spec))
        .withMessageContaining(explanation)
        .satisfies(e -> assertThat(e.reason()).isEqualTo(reason));
  }

  @Test
  void theGroupOfAUserComesFromTheImagesOwnAccounts() throws Exception {
    var image = rootFileSystem();
    var runtime = host.open(host.aliases(Map.of("app", image.toString())));
    var plain = spec("app", "while read -r line; do echo $line; done < /proc/self/status");
    var security =
        new ContainerSecurity(
            777L, null, List.of(), false, false, false, true, List.of(), List.of(), false, false);
    var spec =
        new ContainerSpec(
            plain.pod(),
            "main",
            0,
            "app",
            plain.process(),
            "h",
            List.of(),
            List.of(),
            List.of(),
            ContainerResources.BEST_EFFORT,
            security,
            TerminationMessage.DEFAULT,
            ContainerSpec.DEFAULT_GRACE);
    runtime.start(spec);
    exit(runtime, spec.id());
    assertThat(log(runtime, spec.id())).contains("Uid: 777 777").contains("Gid: 888 888");
  }
}
