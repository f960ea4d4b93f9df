package dev.berth.node.runtime;

import static dev.berth.node.runtime.ContainerHost.exit;
import static dev.berth.node.runtime.ContainerHost.log;
import static dev.berth.node.runtime.ContainerHost.pod;
import static dev.berth.node.runtime.ContainerHost.run;
import static dev.berth.node.runtime.ContainerHost.shell;
import static dev.berth.node.runtime.ContainerHost.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.berth.node.linux.Propagation;
import dev.berth.node.runtime.ContainerFailure.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ContainerIsolationTest {
  @RegisterExtension final ContainerHost host = new ContainerHost();

  @Test
  void secretsAndTheServersDataAreNotThere() throws Exception {
    var runtime = host.open();
    // A home directory, a file in /tmp, and another name of the server's data by a bind mount.
    var other = Files.createTempDirectory(Path.of("/var/lib"), "berth-runtime-");
    ContainerHost.SYSCALLS.bindMount(host.directory(), other, false);
    try {
      var spec = spec();
      runtime.start(spec);
      var script =
          """
          for f in /etc/shadow /etc/gshadow; do [ -e $f ] && wc -c < $f; done
          ls -A /root /home /tmp /etc/ssh %s %s 2>&1
          mount | grep -c ' on / '
          """
              .formatted(host.directory(), other);
      var seen = run(runtime, spec.id(), "/bin/sh", "-c", script).out();
      assertThat(seen).doesNotContain("secret").doesNotContain("ssh_host");
      for (var line : seen.split("\n")) {
        assertThat(line)
            .satisfiesAnyOf(
                text -> assertThat(text).matches("/.*:|0||1"),
                text -> assertThat(text).contains("No such file or directory"));
      }
    } finally {
      ContainerHost.SYSCALLS.unmountBind(other, true);
      Files.delete(other);
    }
  }

  @Test
  void unmountingBringsNothingToLight() throws Exception {
    var runtime = host.open();
    var all =
        new ContainerSecurity(
            null, null, List.of(), false, true, false, true, List.of(), List.of(), false, false);
    var spec =
        host.secured(
            all,
            "for i in 1 2 3; do umount -a; umount /root /tmp; done;"
                + " wc -c < /etc/shadow; ls -A /root /tmp "
                + host.directory());
    runtime.start(spec);
    exit(runtime, spec.id());
    assertThat(log(runtime, spec.id())).contains("\n0\n").doesNotContain("secret");
  }

  @Test
  void writesStayInTheContainer() throws Exception {
    var runtime = host.open();
    var spec = shell("touch /etc/mine /root/mine /tmp/mine && rm /bin/ls && echo done");
    runtime.start(spec);
    exit(runtime, spec.id());
    assertThat(log(runtime, spec.id())).isEqualTo("done\n");
    assertThat(Path.of("/etc/mine")).doesNotExist();
    assertThat(Path.of("/tmp/mine")).doesNotExist();
    assertThat(Path.of("/bin/ls")).exists();
  }

  @Test
  void noMountOfTheHostIsVisibleUnlessAskedFor() throws Exception {
    var runtime = host.open();
    var mounted = Files.createDirectory(host.directory().resolve("mounted"));
    var volume = Files.createDirectory(host.directory().resolve("volume"));
    Files.writeString(volume.resolve("data"), "mine");
    host.bind(volume, mounted);
    var spec = host.mounting(new ContainerMount(volume, "/data"), "sleep 1000");
    runtime.start(spec);
    var mounts = run(runtime, spec.id(), "cat", "/proc/self/mounts").out();
    var targets = mounts.lines().map(line -> line.split(" ")[1]).toList();
    assertThat(targets)
        .contains("/", "/data", "/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys")
        .allMatch(
            target ->
                target.matches("/|/data|/(proc|dev|sys)(/.*)?|/etc/(hosts|resolv.conf|hostname)"));
    assertThat(run(runtime, spec.id(), "cat", "/data/data").out()).isEqualTo("mine");
    run(runtime, spec.id(), "/bin/sh", "-c", "echo written > /data/back");
    assertThat(volume.resolve("back")).hasContent("written\n");
  }

  @Test
  void aLaterMountOfTheHostReachesOnlyWhoAskedForIt() throws Exception {
    var runtime = host.open();
    var base = Files.createDirectory(host.directory().resolve("base"));
    host.bind(base, base);
    ContainerHost.SYSCALLS.setPropagation(base, Propagation.SHARED, true);
    var below = Files.createDirectory(base.resolve("below"));
    var source = Files.createDirectory(host.directory().resolve("source"));
    Files.writeString(source.resolve("late"), "late");
    var spec =
        host.mounting(
            List.of(
                new ContainerMount(base, "/none"),
                new ContainerMount(
                    base, "/slave", false, ContainerMount.Propagation.HOST_TO_CONTAINER)),
            ContainerSecurity.DEFAULT,
            "sleep 1000");
    runtime.start(spec);
    ContainerHost.SYSCALLS.bindMount(source, below, false);
    assertThat(run(runtime, spec.id(), "ls", "/none/below").out()).isEmpty();
    assertThat(run(runtime, spec.id(), "ls", "/slave/below").out()).isEqualTo("late\n");
    ContainerHost.SYSCALLS.unmountBind(below, false);
    assertThat(run(runtime, spec.id(), "ls", "/slave/below").out()).isEmpty();
  }

  @Test
  void aPrivilegedContainersMountsReachTheHostWhenAskedFor() throws Exception {
    var runtime = host.open();
    var base = Files.createDirectory(host.directory().resolve("base"));
    host.bind(base, base);
    ContainerHost.SYSCALLS.setPropagation(base, Propagation.SHARED, true);
    var both = new ContainerMount(base, "/both", false, ContainerMount.Propagation.BIDIRECTIONAL);
    assertThatExceptionOfType(ContainerFailure.class)
        .isThrownBy(() -> runtime.start(host.mounting(both, "true")))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.CONFIG_INVALID));
    var privileged =
        new ContainerSecurity(
            null, null, List.of(), false, true, false, true, List.of(), List.of(), false, false);
    var spec = host.mounting(List.of(both), privileged, "sleep 1000");
    runtime.start(spec);
    var script = "mkdir /both/m && mount -t tmpfs t /both/m && touch /both/m/inside";
    var ran = run(runtime, spec.id(), "/bin/sh", "-c", script);
    assertThat(ran.err()).isEmpty();
    assertThat(base.resolve("m/inside")).exists();
    ContainerHost.SYSCALLS.unmountBind(base.resolve("m"), true);
  }

  @Test
  void aReadOnlyMountAndAReadOnlyRootRefuseWrites() throws Exception {
    var runtime = host.open();
    var volume = Files.createDirectory(host.directory().resolve("volume"));
    var readOnlyRoot =
        new ContainerSecurity(
            null, null, List.of(), false, false, true, true, List.of(), List.of(), false, false);
    var spec =
        host.mounting(
            List.of(
                new ContainerMount(volume, "/rw/ro", true, ContainerMount.Propagation.NONE),
                new ContainerMount(volume, "/rw")),
            readOnlyRoot,
            "touch /file; touch /rw/ro/file; touch /rw/file && echo ok");
    Files.createDirectory(volume.resolve("ro"));
    runtime.start(spec);
    exit(runtime, spec.id());
    assertThat(log(runtime, spec.id()))
        .contains("/file': Read-only file system")
        .contains("/rw/ro/file': Read-only file system")
        .contains("ok");
  }

  @Test
  void namespacesAreItsOwnButTheNetworkIsTheHosts() throws Exception {
    var runtime = host.open();
    var spec = host.secured(ContainerSecurity.DEFAULT, "sleep 1000");
    runtime.start(spec);
    for (var kind : List.of("mnt", "pid", "ipc", "uts")) {
      assertThat(namespace(runtime, spec, kind)).as(kind).isNotEqualTo(own(kind));
    }
    assertThat(namespace(runtime, spec, "net")).isEqualTo(own("net"));
    assertThat(run(runtime, spec.id(), "cat", "/proc/1/comm").out()).isEqualTo("sh\n");
    assertThat(run(runtime, spec.id(), "cat", "/etc/hosts").out())
        .startsWith(Files.readString(Path.of("/etc/hosts")).strip())
        .endsWith("192.0.2.7 friend\n");
    assertThat(run(runtime, spec.id(), "hostname").out()).isEqualTo(spec.pod().name() + "\n");
    assertThat(run(runtime, spec.id(), "cat", "/etc/resolv.conf").out())
        .isEqualTo(Files.readString(Path.of("/etc/resolv.conf")));
  }

  private static String namespace(ContainerRuntime runtime, ContainerSpec spec, String kind)
      throws Exception {
    return run(runtime, spec.id(), "readlink", "/proc/self/ns/" + kind).out().strip();
  }

  private static String own(String kind) throws Exception {
    return Files.readSymbolicLink(Path.of("/proc/self/ns/" + kind)).toString();
  }

  @Test
  void theProcessIsWhoThePodSays() throws Exception {
    var runtime = host.open();
    var volume = Files.createDirectory(host.directory().resolve("volume"));
    Files.setAttribute(volume, "unix:gid", 4242);
    Files.setAttribute(volume, "unix:mode", 02770);
    var security =
        new ContainerSecurity(
            33L,
            null,
            List.of(4242L),
            true,
            false,
            false,
            false,
            List.of(),
            List.of("ALL"),
            false,
            false);
    var spec =
        host.mounting(
            List.of(new ContainerMount(volume, "/data")),
            security,
            "id -u; id -g; id -G; grep -E 'CapBnd|NoNewPrivs' /proc/self/status;"
                + " touch /data/file && echo last > /dev/termination-log");
    runtime.start(spec);
    var exited = exit(runtime, spec.id());
    assertThat(log(runtime, spec.id()))
        .isEqualTo("33\n33\n33 4242\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\n");
    assertThat(exited.message()).isEqualTo("last\n");
    assertThat(Files.getAttribute(volume.resolve("file"), "unix:gid")).isEqualTo(4242);
  }

  @Test
  void rootIsRefusedWhereThePodForbidsIt() throws Exception {
    var runtime = host.open();
    var nonRoot =
        new ContainerSecurity(
            null, null, List.of(), true, false, false, true, List.of(), List.of(), false, false);
    assertThatExceptionOfType(ContainerFailure.class)
        .isThrownBy(() -> runtime.start(host.secured(nonRoot, "true")))
        .withMessageContaining("runAsUser")
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.CONFIG_INVALID));
  }

  @Test
  void devicesOfTheHostAreOutOfReachUnlessGiven() throws Exception {
    var runtime = host.open();
    var script = "mknod /disk b 254 0; head -c1 /disk; ls /dev; head -c4 /dev/given | wc -c";
    var plain = host.secured(ContainerSecurity.DEFAULT, script);
    runtime.start(plain);
    exit(runtime, plain.id());
    assertThat(log(runtime, plain.id()))
        .contains("Operation not permitted")
        .contains("null\n")
        .doesNotContain("loop-control");
    var given =
        new ContainerSpec(
            pod(),
            "main",
            0,
            "host",
            ContainerProcess.of("/bin/sh", "-c", script),
            "h",
            List.of(),
            List.of(),
            List.of(new ContainerDevice(Path.of("/dev/loop0"), "/dev/given", true)),
            ContainerResources.BEST_EFFORT,
            ContainerSecurity.DEFAULT,
            TerminationMessage.DEFAULT,
            ContainerSpec.DEFAULT_GRACE);
    runtime.start(given);
    exit(runtime, given.id());
    // An unbound loop device reads as empty, and so without an error.
    assertThat(log(runtime, given.id()))
        .contains("given\n")
        .doesNotContain("cannot open '/dev/given'");
  }
}
