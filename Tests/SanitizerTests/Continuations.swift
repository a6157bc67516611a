// SPDX-License-Identifier: MIT

// Swift's concurrency runtime tells the thread sanitizer what a resumed continuation orders when its task had been
// suspended by then. Where the continuation was resumed first, the task goes on at once and nothing is told: what was
// written before the resumption is then reported as a race with what the task does after it. The linker leads every
// call of the package to these functions (`--wrap` in Package.swift), which tell it for this one continuation and then
// do what was asked.

@_silgen_name("__tsan_acquire") private func acquire(_ address: UnsafeRawPointer)
@_silgen_name("__tsan_release") private func release(_ address: UnsafeRawPointer)

extension CheckedContinuation {
    /// The object behind the continuation: it is one reference.
    fileprivate var address: UnsafeRawPointer { unsafe unsafeBitCast(self, to: UnsafeRawPointer.self) }

    @_silgen_name("__real_$sScC6resume9returningyxn_tF")
    private func realResume(returning value: sending T)

    @_silgen_name("__wrap_$sScC6resume9returningyxn_tF")
    func resumeInSight(returning value: sending T) {
        unsafe release(address)
        realResume(returning: value)
    }

    @_silgen_name("__real_$sScC6resume8throwingyq_n_tF")
    private func realResume(throwing error: E)

    @_silgen_name("__wrap_$sScC6resume8throwingyq_n_tF")
    func resumeInSight(throwing error: E) {
        unsafe release(address)
        realResume(throwing: error)
    }
}

@_silgen_name("__real_$ss23withCheckedContinuation9isolation8function_xScA_pSgYi_SSyScCyxs5NeverOGXEtYalF")
private func realContinuation<T>(
    isolation: isolated (any Actor)?, function: String, _ body: (CheckedContinuation<T, Never>) -> Void
) async -> sending T

@_silgen_name("__wrap_$ss23withCheckedContinuation9isolation8function_xScA_pSgYi_SSyScCyxs5NeverOGXEtYalF")
func continuationInSight<T>(
    isolation: isolated (any Actor)?, function: String, _ body: (CheckedContinuation<T, Never>) -> Void
) async -> sending T {
    // Kept until the end: the sanitizer forgets what it was told of memory that is freed.
    var kept: CheckedContinuation<T, Never>?
    let result: T = await realContinuation(isolation: isolation, function: function) {
        kept = $0
        body($0)
    }
    withExtendedLifetime(kept) { if let kept = $0 { unsafe acquire(kept.address) } }
    return result
}

@_silgen_name("__real_$ss31withCheckedThrowingContinuation9isolation8function_xScA_pSgYi_SSyScCyxs5Error_pGXEtYaKlF")
private func realThrowingContinuation<T>(
    isolation: isolated (any Actor)?, function: String, _ body: (CheckedContinuation<T, any Error>) -> Void
) async throws -> sending T

@_silgen_name("__wrap_$ss31withCheckedThrowingContinuation9isolation8function_xScA_pSgYi_SSyScCyxs5Error_pGXEtYaKlF")
func throwingContinuationInSight<T>(
    isolation: isolated (any Actor)?, function: String, _ body: (CheckedContinuation<T, any Error>) -> Void
) async throws -> sending T {
    var kept: CheckedContinuation<T, any Error>?
    defer { withExtendedLifetime(kept) { if let kept = $0 { unsafe acquire(kept.address) } } }
    return try await realThrowingContinuation(isolation: isolation, function: function) {
        kept = $0
        body($0)
    }
}
