// SPDX-License-Identifier: MIT
import Glibc

/// Runs `body` in such a way that writing to a connection whose peer is gone is an error of the call, not the end of
/// the process.
///
/// OpenSSL writes without MSG_NOSIGNAL, and libcurl leaves the signal alone where it must not touch signals. SIGPIPE
/// goes to the thread that wrote, so blocking it here and taking away what is pending is enough and changes no other
/// thread.
func withoutPipeSignals(_ body: () -> Void) {
    var pipe = sigset_t()
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    var before = sigset_t()
    pthread_sigmask(SIG_BLOCK, &pipe, &before)
    body()
    var atOnce = timespec()
    while sigtimedwait(&pipe, nil, &atOnce) == SIGPIPE {}
    pthread_sigmask(SIG_SETMASK, &before, nil)
}
