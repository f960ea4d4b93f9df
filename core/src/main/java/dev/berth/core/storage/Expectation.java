package dev.berth.core.storage;

/** What a step of a transaction requires of its object before anything of it is applied. */
public sealed interface Expectation {

  /** Whatever is there, or nothing. */
  record Anything() implements Expectation {}

  /** No object of this key. */
  record Absent() implements Expectation {}

  /** An object, whatever its version. */
  record Present() implements Expectation {}

  /** Exactly the version that the write of this revision made. */
  record At(long revision) implements Expectation {
    public At {
      if (revision <= 0) {
        throw new IllegalArgumentException("revisions start at 1, not " + revision);
      }
    }
  }

  static Expectation anything() {
    return new Anything();
  }

  static Expectation absent() {
    return new Absent();
  }

  static Expectation present() {
    return new Present();
  }

  static Expectation at(long revision) {
    return new At(revision);
  }

  /**
   * Whether it holds for the version that is there.
   *
   * @param revision the object's present revision, 0 when there is no object
   */
  default boolean holdsFor(long revision) {
    return switch (this) {
      case Anything() -> true;
      case Absent() -> revision == 0;
      case Present() -> revision != 0;
      case At(long expected) -> expected == revision;
    };
  }
}
