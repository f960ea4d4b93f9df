package dev.berth.core.model;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** How the data of a released volume is destroyed. */
public enum WipeMethod {
  /** Not at all: the volume stays Released until an administrator decides. */
  NONE,
  /** Only what file systems and partition tables are recognised by; the data itself stays. */
  SIGNATURES,
  /** The device is told that all of its blocks are unused, and signatures are removed. */
  DISCARD,
  /** Zeros are written over every byte. */
  ZERO,
  /** Random bytes are written over every byte, then zeros. */
  OVERWRITE;

  /**
   * Parameter of a StorageClass: the method for its volumes. A parameter, because it cannot be
   * changed once people have put data into volumes of the class.
   */
  public static final String PARAMETER = "berth.dev/wipe";

  /**
   * Annotation of a volume: how its data is to be destroyed. Written with the request; an
   * administrator may write it before, then it wins over the class.
   */
  public static final String ANNOTATION = "berth.dev/wipe-method";

  /** The method of volumes whose class does not name one. */
  public static final WipeMethod DEFAULT = ZERO;

  /** All words. */
  public static final List<String> WORDS = Arrays.stream(values()).map(WipeMethod::word).toList();

  /** As manifests write it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Empty for a word that is none. */
  public static Optional<WipeMethod> of(String word) {
    return Arrays.stream(values()).filter(method -> method.word().equals(word)).findFirst();
  }

  /** Whether nobody can read anything of the old data afterwards, by whatever means of software. */
  public boolean leavesNothingToRead() {
    return this == ZERO || this == OVERWRITE;
  }
}
