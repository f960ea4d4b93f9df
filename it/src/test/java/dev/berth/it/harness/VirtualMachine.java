package dev.berth.it.harness;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A machine of its own under qemu, for what the kernel here does not have: Debian's kernel, this
 * host's programs and files (it writes over them in memory only), a small disk {@code /state} that
 * it keeps when it is started again, and disks that come and go while it runs. Without help from
 * the processor it is some ten times slower than the host.
 */
public final class VirtualMachine implements AutoCloseable {
  private static final Duration BOOTS_WITHIN = Duration.ofMinutes(5);
  private static final int STATE_SLOT = 0x10;

  /** What a command said. */
  public record Said(int code, String out) {
    public String ok() {
      if (code != 0) {
        throw new AssertionError("ended with " + code + ": " + out);
      }
      return out;
    }
  }

  private final Path dir;
  private final Path boot;
  private final List<String> disks = new ArrayList<>();
  private @Nullable Process process;
  private @Nullable Agent agent;

  private record Agent(SocketChannel channel, BufferedReader answers) {}

  /**
   * Makes the machine ready to be started.
   *
   * @param boot where the kernel is kept from run to run; filled when it is empty
   */
  public VirtualMachine(Path boot) throws IOException {
    this.boot = boot.toAbsolutePath().normalize();
    var scripts =
        Path.of(
            Objects.requireNonNull(VirtualMachine.class.getResource("/dev/berth/it/vm/prepare"))
                .getPath());
    Command.run("bash", scripts.toString(), this.boot.toString()).ok();
    dir = Files.createTempDirectory("berth-it-vm-");
    Files.copy(scripts.resolveSibling("guest"), dir.resolve("guest"));
    disk("state", 1L << 30);
    Command.run("mkfs.ext4", "-q", image("state").toString()).ok();
    // However the tests' own process ends, unless it is killed, the machine does not outlive it.
    Runtime.getRuntime().addShutdownHook(new Thread(this::end));
  }

  private Path image(String serial) {
    return dir.resolve(serial + ".img");
  }

  private Path disk(String serial, long bytes) throws IOException {
    Command.run("truncate", "-s", Long.toString(bytes), image(serial).toString()).ok();
    return image(serial);
  }

  /** Starts it, or starts it again, with the disks that it has now, and waits until it answers. */
  public void start() throws IOException {
    var command =
        new ArrayList<>(
            List.of(
                "qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 2048 -nodefaults"
                    .split(" ")));
    command.addAll(List.of("-display", "none", "-no-user-config", "-no-reboot"));
    command.addAll(List.of("-kernel", boot.resolve("kernel").toString()));
    command.addAll(List.of("-initrd", boot.resolve("initrd").toString()));
    command.addAll(List.of("-append", "console=ttyS0 panic=-1 quiet berth.vm=" + dir));
    command.addAll(List.of("-serial", "file:" + dir.resolve("console")));
    share(command, "host", Path.of("/"));
    share(command, "made", boot.resolve("root"));
    command.addAll(List.of("-device", "virtio-serial-pci"));
    command.addAll(
        List.of("-chardev", "socket,id=agent,server=on,wait=off,path=" + socket("agent")));
    command.addAll(List.of("-device", "virtserialport,chardev=agent,name=berth"));
    command.addAll(List.of("-qmp", "unix:" + socket("qmp") + ",server=on,wait=off"));
    drive(command, "state", STATE_SLOT);
    for (var n = 0; n < disks.size(); n++) {
      drive(command, disks.get(n), STATE_SLOT + 1 + n);
    }
    Files.deleteIfExists(socket("agent"));
    var started =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("qemu.log").toFile())
            .start();
    process = started;
    await().atMost(BOOTS_WITHIN).until(() -> Files.exists(socket("agent")) || !started.isAlive());
    var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket("agent")));
    agent = new Agent(channel, new BufferedReader(Channels.newReader(channel, UTF_8)));
    line(BOOTS_WITHIN);
  }

  private static void share(List<String> command, String tag, Path path) {
    command.add("-virtfs");
    command.add(
        "local,path=%s,mount_tag=%s,security_model=passthrough,readonly=on,multidevs=remap"
            .formatted(path, tag));
  }

  private void drive(List<String> command, String serial, int slot) {
    command.add("-drive");
    command.add("if=none,id=%s,format=raw,file=%s".formatted(serial, image(serial)));
    command.add("-device");
    command.add(
        "virtio-blk-pci,id=dev-%s,drive=%s,serial=%s,addr=0x%x"
            .formatted(serial, serial, serial, slot));
  }

  private Path socket(String name) {
    return dir.resolve(name + ".sock");
  }

  /** Runs a command of the shell in it, and waits for its end. */
  public Said run(String command) {
    return run(command, Duration.ofMinutes(3));
  }

  public Said run(String command, Duration within) {
    try {
      var encoded = Base64.getEncoder().encodeToString(command.getBytes(UTF_8)) + "\n";
      var bytes = ByteBuffer.wrap(encoded.getBytes(UTF_8));
      while (bytes.hasRemaining()) {
        agent().channel().write(bytes);
      }
      var words = line(within).split(" ", 2);
      var out = words.length < 2 ? "" : new String(Base64.getDecoder().decode(words[1]), UTF_8);
      return new Said(Integer.parseInt(words[0]), out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A line of its agent; the machine is ended when none comes, which ends the reading too. */
  private String line(Duration within) throws IOException {
    var late =
        Thread.startVirtualThread(
            () -> {
              try {
                Thread.sleep(within);
                end();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    try {
      var line = agent().answers().readLine();
      if (line == null) {
        throw new AssertionError(
            "the virtual machine does not answer within %s; its console:\n%s"
                .formatted(within, Files.readString(dir.resolve("console"))));
      }
      return line;
    } finally {
      late.interrupt();
    }
  }

  /** A new blank disk, at the next start or, when it runs, at once; named by its serial number. */
  public void addDisk(String serial, long bytes) throws IOException {
    disk(serial, bytes);
    disks.add(serial);
    if (process != null && process.isAlive()) {
      qemu(
          """
          {"execute": "blockdev-add", "arguments": {"driver": "raw", "node-name": "%s",
            "file": {"driver": "file", "filename": "%s"}}}"""
              .formatted(serial, image(serial)));
      qemu(
          """
          {"execute": "device_add", "arguments": {"driver": "virtio-blk-pci", "id": "dev-%s",
            "drive": "%s", "serial": "%s", "addr": "0x%x"}}"""
              .formatted(serial, serial, serial, STATE_SLOT + disks.size()));
    }
  }

  /** Takes a disk away from under the machine. */
  public void pullDisk(String serial) {
    disks.remove(serial);
    qemu("{\"execute\": \"device_del\", \"arguments\": {\"id\": \"dev-%s\"}}".formatted(serial));
  }

  /** From the next start on this disk comes before the others. */
  public void moveToFront(String serial) {
    disks.remove(serial);
    disks.addFirst(serial);
  }

  private void qemu(String command) {
    try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket("qmp")));
        var replies = new BufferedReader(Channels.newReader(channel, UTF_8))) {
      replies.readLine();
      for (var line : List.of("{\"execute\": \"qmp_capabilities\"}", command.replace("\n", " "))) {
        channel.write(ByteBuffer.wrap((line + "\n").getBytes(UTF_8)));
        var reply = replies.readLine();
        while (!reply.startsWith("{\"return\"") && !reply.startsWith("{\"error\"")) {
          reply = replies.readLine();
        }
        if (reply.startsWith("{\"error\"")) {
          throw new AssertionError(line + ": " + reply);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Agent agent() {
    if (agent == null) {
      throw new IllegalStateException("the virtual machine was not started");
    }
    return agent;
  }

  private void end() {
    var running = process;
    if (running != null) {
      running.destroyForcibly();
    }
  }

  /** The end that a power failure makes of it; what its kernel had not written is lost. */
  public void cutPower() throws IOException {
    end();
    if (process != null) {
      try {
        process.waitFor(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      process = null;
    }
    if (agent != null) {
      agent.channel().close();
      agent = null;
    }
  }

  @Override
  public void close() throws IOException {
    cutPower();
    Command.run("rm", "-rf", dir.toString()).ok();
  }
}
