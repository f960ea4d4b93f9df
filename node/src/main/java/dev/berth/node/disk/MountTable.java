package dev.berth.node.disk;

import dev.berth.node.linux.DeviceNumber;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The mounts of this process's mount namespace at one moment, in the order they were made. */
public final class MountTable {
  private final List<MountEntry> entries;
  private final Map<String, List<MountEntry>> byTarget = new HashMap<>();

  MountTable(List<MountEntry> entries) {
    this.entries = List.copyOf(entries);
    for (var entry : this.entries) {
      byTarget.computeIfAbsent(entry.target(), target -> new ArrayList<>(1)).add(entry);
    }
  }

  /** Reads the mounts of this process; it has one reader, which remembers what it read last. */
  public static MountReader reader() {
    return AnnouncedMounts.OF_THIS_PROCESS;
  }

  /**
   * Reads the text of a mountinfo file.
   *
   * @throws IllegalArgumentException when a line has another form; the message quotes it
   */
  public static MountTable parse(String mountinfo) {
    var entries = new ArrayList<MountEntry>();
    for (var line : mountinfo.split("\n")) {
      if (!line.isEmpty()) {
        entries.add(parseLine(line));
      }
    }
    return new MountTable(entries);
  }

  public List<MountEntry> entries() {
    return entries;
  }

  /** The mount that is visible at exactly this path; mounts under it in the stack are hidden. */
  public Optional<MountEntry> at(Path target) {
    var all = byTarget.getOrDefault(text(target), List.of());
    return all.isEmpty() ? Optional.empty() : Optional.of(all.getLast());
  }

  /** Every mount at exactly this path, the visible one last. */
  public List<MountEntry> allAt(Path target) {
    return List.copyOf(byTarget.getOrDefault(text(target), List.of()));
  }

  /** Every mount of a device, bind mounts included. */
  public List<MountEntry> ofDevice(DeviceNumber device) {
    return entries.stream().filter(entry -> entry.device().equals(device)).toList();
  }

  /** Every mount strictly below a path, the ones to unmount first first. */
  public List<MountEntry> below(Path directory) {
    var text = text(directory);
    var prefix = text.equals("/") ? text : text + "/";
    return entries.stream()
        .filter(entry -> entry.target().startsWith(prefix) && !entry.target().equals(text))
        .toList()
        .reversed();
  }

  /** The mount through which a path is reached: itself a mount point, or below one. */
  public Optional<MountEntry> containing(Path path) {
    for (var at = path.toAbsolutePath().normalize(); at != null; at = at.getParent()) {
      var found = at(at);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /**
   * Every mount that shows the same directory of the same file system as the given one: what a bind
   * mount is bound to, and its siblings.
   */
  public List<MountEntry> sameRoot(MountEntry of) {
    return entries.stream()
        .filter(e -> e.device().equals(of.device()) && e.root().equals(of.root()))
        .toList();
  }

  private static String text(Path path) {
    return path.toAbsolutePath().normalize().toString();
  }

  static MountEntry parseLine(String line) {
    var words = line.split(" ");
    var dash = 6;
    while (dash < words.length && !words[dash].equals("-")) {
      dash++;
    }
    // An empty source is written as nothing between two blanks; without superblock options the line
    // still ends with three words.
    if (dash + 3 >= words.length) {
      throw new IllegalArgumentException("not a line of mountinfo: \"" + line + "\"");
    }
    var shared = OptionalInt.empty();
    var master = OptionalInt.empty();
    var unbindable = false;
    for (var i = 6; i < dash; i++) {
      if (words[i].startsWith("shared:")) {
        shared = OptionalInt.of(Integer.parseInt(words[i].substring(7)));
      } else if (words[i].startsWith("master:")) {
        master = OptionalInt.of(Integer.parseInt(words[i].substring(7)));
      } else if (words[i].equals("unbindable")) {
        unbindable = true;
      }
    }
    return new MountEntry(
        Long.parseLong(words[0]),
        Long.parseLong(words[1]),
        DeviceNumber.parse(words[2]),
        unescape(words[3]),
        unescape(words[4]),
        List.of(words[5].split(",")),
        shared,
        master,
        unbindable,
        unescape(words[dash + 1]),
        unescape(words[dash + 2]),
        List.of(words[dash + 3].split(",")));
  }

  /** Blank, tab, newline and backslash (and, in some fields, #) are written as octal numbers. */
  private static String unescape(String word) {
    if (word.indexOf('\\') < 0) {
      return word;
    }
    var text = new StringBuilder(word.length());
    for (var i = 0; i < word.length(); i++) {
      if (word.charAt(i) == '\\' && i + 3 < word.length() && octal(word, i + 1)) {
        text.append((char) Integer.parseInt(word.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        text.append(word.charAt(i));
      }
    }
    return text.toString();
  }

  private static boolean octal(String word, int from) {
    for (var i = from; i < from + 3; i++) {
      if (word.charAt(i) < '0' || word.charAt(i) > '7') {
        return false;
      }
    }
    return true;
  }
}
