package dev.berth.api;

/** How a program ended. */
record Outcome(int code, String out, String err) {

  /** Its output when it was successful; fails otherwise. */
  String success() {
    if (code != 0) {
      throw new AssertionError("exit code " + code + "\n" + out + err);
    }
    return out;
  }
}
