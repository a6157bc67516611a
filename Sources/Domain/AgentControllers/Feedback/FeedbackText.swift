// SPDX-License-Identifier: MIT
import AgentAPI

/// The words of the status comment in one language. What the code host acts on (labels, numbers) and what agents wrote
/// is not translated.
struct FeedbackText: Sendable {
    var phases: [RunPhase: String]
    var stopping: String
    var run: String
    var attempt: String
    var agent: String
    var model: String
    var reasoning: String
    var session: String
    var resumed: String
    var fresh: String
    var saved: String
    var waits: String
    var waitStates: [WaitState: String]
    var since: String
    var until: String
    var tokens: String
    var read: String
    var cached: String
    var written: String
    var thought: String
    var pullRequest: String
    /// Sentences with `{again}` and `{next}` for labels.
    var review: String
    var reviewNext: String
    var talked: String
    var talkedNext: String
    var unchanged: String
    var unchangedNext: String
    var failed: String
    var cancelled: String

    /// The words of a locale; English for one that is not known.
    static func of(locale: String) -> FeedbackText { locale == "ru" ? .russian : .english }

    static let english = FeedbackText(
        phases: [
            .pending: "accepted by the webhook", .queued: "waiting for its turn", .preparing: "preparing its place",
            .running: "the agent is working", .waiting: "waiting", .publishing: "publishing", .succeeded: "done",
            .failed: "failed", .rejected: "rejected", .cancelled: "cancelled",
        ],
        stopping: "ending its pod", run: "run", attempt: "attempt", agent: "agent", model: "model",
        reasoning: "reasoning", session: "session", resumed: "resumed", fresh: "fresh", saved: "saved", waits: "waits for",
        waitStates: [
            .mcp: "an approval", .ownerReview: "an answer of the owner", .rateLimit: "room below a rate limit",
        ],
        since: "since", until: "until", tokens: "tokens", read: "read", cached: "cached", written: "written",
        thought: "for reasoning", pullRequest: "pull request",
        review: "Review the pull request and comment what should be different; then set {again}.",
        reviewNext: "When it is as it should be, set {next}.",
        talked: "Answer in the issue and set {again} to go on talking.",
        talkedNext: "Take {next} off first to have it done.",
        unchanged: "Nothing was changed. If something should have been, say more in the issue and set {again}.",
        unchangedNext: "Else go on with {next}.",
        failed: "Take {again} off and set it again to start anew, or raise `spec.attempts` of the run by one to go on.",
        cancelled: "Set {again} to start anew.")

    static let russian = FeedbackText(
        phases: [
            .pending: "принято от вебхука", .queued: "ждёт своей очереди", .preparing: "готовится место",
            .running: "агент работает", .waiting: "ожидание", .publishing: "публикация", .succeeded: "готово",
            .failed: "не удалось", .rejected: "отклонено", .cancelled: "отменено",
        ],
        stopping: "под завершается", run: "запуск", attempt: "попытка", agent: "агент", model: "модель",
        reasoning: "рассуждение", session: "сессия", resumed: "продолжена", fresh: "новая", saved: "сохранено",
        waits: "ждёт",
        waitStates: [
            .mcp: "подтверждения", .ownerReview: "ответа владельца", .rateLimit: "снятия ограничения частоты запросов",
        ],
        since: "с", until: "до", tokens: "токены", read: "прочитано", cached: "из кеша", written: "написано",
        thought: "на рассуждение", pullRequest: "пул-реквест",
        review: "Проверьте пул-реквест, напишите в комментариях, что изменить, и поставьте {again}.",
        reviewNext: "Если всё как надо, поставьте {next}.",
        talked: "Ответьте в задаче и поставьте {again}, чтобы продолжить обсуждение.",
        talkedNext: "Чтобы перейти к работе, сначала снимите {next}.",
        unchanged: "Ничего не изменено. Если что-то должно было измениться, опишите задачу подробнее и поставьте {again}.",
        unchangedNext: "Иначе переходите к {next}.",
        failed: "Снимите и снова поставьте {again}, чтобы начать заново, или увеличьте `spec.attempts` запуска на один, чтобы продолжить.",
        cancelled: "Поставьте {again}, чтобы начать заново.")

    /// What a person may do next, in whole sentences; `nil` where there is nothing to say.
    func sentence(_ steps: NextSteps) -> String? {
        let (first, second) = switch steps.occasion {
        case .review: (review, reviewNext)
        case .talked: (talked, talkedNext)
        case .unchanged: (unchanged, unchangedNext)
        case .failed: (failed, "")
        case .cancelled: (cancelled, "")
        }
        var sentences: [String] = []
        if let again = steps.again { sentences.append(first.replacing("{again}", with: "`\(again)`")) }
        if let next = steps.next, !second.isEmpty { sentences.append(second.replacing("{next}", with: "`\(next)`")) }
        return sentences.isEmpty ? nil : sentences.joined(separator: " ")
    }
}
