package dev.berth.node.plugin;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** What must be, or is made, at the path of a hostPath volume. */
public enum HostPathType {
  ANY(""),
  DIRECTORY_OR_CREATE("DirectoryOrCreate"),
  DIRECTORY("Directory"),
  FILE_OR_CREATE("FileOrCreate"),
  FILE("File"),
  SOCKET("Socket"),
  CHARACTER_DEVICE("CharDevice"),
  BLOCK_DEVICE("BlockDevice");

  private final String text;

  HostPathType(String text) {
    this.text = text;
  }

  /** As a pod or volume names it, empty for no check. */
  public String text() {
    return text;
  }

  public static Optional<HostPathType> of(String text) {
    return Arrays.stream(values()).filter(type -> type.text.equals(text)).findFirst();
  }

  /** For messages: all names. */
  public static String known() {
    return Arrays.stream(values())
        .map(HostPathType::text)
        .filter(text -> !text.isEmpty())
        .collect(Collectors.joining(", "));
  }
}
