/** How does a person talk to a server? The commands, over the server's unix socket. */
@NullMarked
package dev.berth.bin.client;

import org.jspecify.annotations.NullMarked;
