package dev.berth.it.bench;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.LoopDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/** What benchmarks do with a server: create, delete, and wait for what they measure. */
final class Driver {
  static final String VOLUMES = "/api/v1/persistentvolumes/";
  static final String CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims/";
  static final String PODS = "/api/v1/namespaces/default/pods/";
  static final String CLASSES = "/apis/storage.k8s.io/v1/storageclasses/";

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final long POLL_NANOS = 1_000_000;

  private final BerthProcess server;

  Driver(BerthProcess server) {
    this.server = server;
  }

  /**
   * @param kind one of the paths above
   */
  void create(String kind, String body) {
    var collection = kind.substring(0, kind.length() - 1);
    var reply = server.call("POST", collection, "application/json", body);
    if (reply.code() != 201) {
      throw new AssertionError("POST " + collection + ": " + reply.code() + " " + reply.body());
    }
  }

  void delete(String target) {
    server.call("DELETE", target, "", "");
    await("end of " + target, () -> server.call("GET", target, "", "").code() == 404);
  }

  void awaitPhase(String target, String phase) {
    await(
        target + " to be " + phase,
        () -> server.object(target).at("/status/phase").asString("").equals(phase));
  }

  /** Waits until a mount point is there, or is not any more, by a part of its path. */
  void awaitMount(String part, boolean there) {
    awaitMounts(
        (there ? "mount of " : "unmount of ") + part, table -> table.contains(part) == there);
  }

  /** Waits until the mount table is as it should be. */
  void awaitMounts(String what, Predicate<String> expected) {
    var until = System.nanoTime() + PATIENCE.toNanos();
    try (var mounts = new MountWatch()) {
      while (!expected.test(mounts.read())) {
        if (System.nanoTime() > until) {
          throw late(what);
        }
        mounts.awaitChange(Duration.ofSeconds(1));
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** What is typed by hand for what the server does to a blank disk. */
  static String mkfsAndMount(LoopDisk disk, Path directory) {
    return ("mkfs.ext4 -q -m 0 -F -E lazy_itable_init=0,lazy_journal_init=0,discard %s"
            + " && mount %s %s")
        .formatted(disk.device(), disk.device(), directory);
  }

  /** What holds or does not hold yet. */
  interface Check {
    boolean holds() throws IOException;
  }

  /** Looks every millisecond: what is measured by it is late by that much at most. */
  void await(String what, Check check) {
    var until = System.nanoTime() + PATIENCE.toNanos();
    try {
      while (!check.holds()) {
        if (System.nanoTime() > until) {
          throw late(what);
        }
        LockSupport.parkNanos(POLL_NANOS);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private AssertionError late(String what) {
    return new AssertionError("no " + what + " within " + PATIENCE + "\n" + server.log());
  }
}
