package dev.berth.core.registry;

import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;

/** Makes what tells objects apart: uids, and the random ends of generated names. */
final class Identities {

  /** Without vowels and look-alikes, so that no words come about. */
  private static final String LETTERS = "bcdfghjklmnpqrstvwxz2456789";

  private static final int SUFFIX = 5;

  /** Longest prefix that still fits a DNS label together with its suffix. */
  private static final int LONGEST_PREFIX = 63 - SUFFIX;

  private final RandomGenerator random;
  private final ReentrantLock lock = new ReentrantLock();

  Identities(RandomGenerator random) {
    this.random = random;
  }

  /** A random UUID (version 4). */
  String uid() {
    lock.lock();
    try {
      var high = (random.nextLong() & ~0xF000L) | 0x4000L;
      var low = (random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
      return new UUID(high, low).toString();
    } finally {
      lock.unlock();
    }
  }

  /** A name that begins with {@code prefix}, cut where it would become too long. */
  String name(String prefix) {
    var name = new StringBuilder(prefix.substring(0, Math.min(LONGEST_PREFIX, prefix.length())));
    lock.lock();
    try {
      for (var i = 0; i < SUFFIX; i++) {
        name.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
      }
    } finally {
      lock.unlock();
    }
    return name.toString();
  }
}
