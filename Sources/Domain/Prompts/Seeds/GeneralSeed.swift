// SPDX-License-Identifier: MIT

/// Agents that were configured besides the catalogue, until somebody stores a template for them.
enum GeneralSeed {
    /// Its two templates.
    @Sendable static func seed(_ locale: PromptLocale) -> AgentSeed {
        switch locale {
        case .en: AgentSeed(work: workEnglish, revise: reviseEnglish)
        case .ru: AgentSeed(work: workRussian, revise: reviseRussian)
        }
    }

    private static let workEnglish = """
        Do what issue {{issue}} of {{repository}} asks of your role ({{role}}), in a run of kind `{{kind}}`.

        1. Read the issue for the result that is wanted, and the project's rules (README, contribution rules,
           `AGENTS.md`) for how such results look here. Where it leaves room, take the smallest reading that serves it,
           and name it in the summary.
        2. Look at what is there before you add: similar work, decisions that were taken, conventions.
        3. Do the work whole: with what proves it, and with the documents that it changes. Change {{write_scope}}.
        4. Check it as the one who has to rely on it would, and read your diff as a stranger's.
        5. Leave out what nobody asked for; mention in the summary what you saw.
        """

    private static let reviseEnglish = """
        Revise pull request {{pull_request}} of {{repository}} in your role ({{role}}), so that what its readers asked
        for is done.

        1. Read the whole conversation, then the diff of `{{branch}}` against `{{base_branch}}`. List every point:
           request, question or remark; later words take the place of earlier ones.
        2. Settle each: change it where the cause is and look for the same fault elsewhere, or answer it in the summary
           with a reason that can be checked.
        3. Change nothing that nobody asked about. Change {{write_scope}}.
        4. Check the whole again, not only the lines that you touched. The summary goes through the points in order.
        """

    private static let workRussian = """
        Сделайте то, чего задача {{issue}} репозитория {{repository}} ждёт от вашей роли ({{role}}), в запуске вида
        `{{kind}}`.

        1. Вычитайте из задачи нужный результат, а из правил проекта (README, правила участия, `AGENTS.md`) — как такие
           результаты выглядят здесь. Где задача оставляет свободу, выберите самое скромное толкование и назовите его в
           итоге.
        2. Посмотрите, что есть, прежде чем добавлять: похожая работа, принятые решения, соглашения.
        3. Сделайте работу целиком: с тем, что её доказывает, и с документами, которые она меняет. Менять можно
           {{write_scope}}.
        4. Проверьте её глазами того, кому на неё полагаться, и прочитайте свой diff как чужой.
        5. Не делайте того, о чём не просили; о замеченном скажите в итоге.
        """

    private static let reviseRussian = """
        Доработайте pull request {{pull_request}} репозитория {{repository}} в своей роли ({{role}}): сделано должно
        быть то, о чём просили читатели.

        1. Прочитайте всё обсуждение, затем diff ветки `{{branch}}` относительно `{{base_branch}}`. Выпишите каждый
           пункт: требование, вопрос или замечание; поздние слова отменяют ранние.
        2. Закройте каждый: исправьте там, где причина, и поищите тот же изъян в других местах, либо ответьте в итоге
           доводом, который можно проверить.
        3. Не меняйте того, о чём не говорили. Менять можно {{write_scope}}.
        4. Проверьте целое заново, а не только тронутые строки. Итог идёт по пунктам по порядку.
        """
}
