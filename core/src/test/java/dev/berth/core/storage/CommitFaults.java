package dev.berth.core.storage;

/** Decides, transaction by transaction, what a simulated store does wrong. */
@FunctionalInterface
public interface CommitFaults {

  /** What becomes of a transaction. */
  sealed interface Fate {}

  /** It is applied and answered as it should be. */
  record Sound() implements Fate {}

  /** Nothing of it is applied, and its caller is told so. */
  record Refused(StoreException why) implements Fate {}

  /** It is applied, but its caller gets a failure: the answer was lost on its way. */
  record AnswerLost(StoreException why) implements Fate {}

  /** Asked once for each transaction, right before it would be applied. */
  Fate next(Transaction transaction);

  /** Nothing goes wrong. */
  static CommitFaults none() {
    return transaction -> new Sound();
  }
}
