package dev.berth.core.node;

/**
 * Something that a node has put on its host, or keeps there, and that no pod and no volume names.
 *
 * @param what its path
 * @param kind one word, for example {@code image} or {@code mount}
 * @param certain whether it was there at an earlier look too: something that is under way may look
 *     like one for a moment
 * @param remedy what a person does about it
 */
public record OrphanReport(String what, String kind, boolean certain, String remedy) {}
