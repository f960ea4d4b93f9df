package dev.berth.core.storage;

/**
 * The outcome of a committed transaction.
 *
 * @param revisions for each step of the transaction, in its order: the revision of its write; for a
 *     step that wrote nothing, the object's revision then, 0 without one
 * @param revision the newest revision of the store right after this transaction
 */
public record Commit(long[] revisions, long revision) {}
