// SPDX-License-Identifier: MIT
import AgentAPI
import RunPolicy

extension PromptPhrases {
    /// What is to be left, and in which form.
    func output(_ run: PromptRun, reportsStatus: Bool) -> String {
        let body = if run.isDiscussion {
            discussion
        } else if run.writeScope == .nothing {
            report
        } else {
            work(run)
        }
        return say("# Output\n\n", "# Результат\n\n") + body + (reportsStatus ? "\n" + status : "")
    }

    private var file: String { RunnerEnvironment.agentResultFile }

    private func work(_ run: PromptRun) -> String {
        let tests = switch run.writeScope {
        case .anything:
            say(
                """
                - Tests: what you change is covered by tests that fail without it. Run those that concern it, then as
                  many of the others as the container allows. Name in the summary what you ran and how it ended; what
                  could not run, with the reason. Leave nothing red that was green.
                """,
                """
                - Тесты: изменённое покрыто тестами, которые без изменения падают. Прогоните те, что к нему относятся,
                  затем столько остальных, сколько позволяет контейнер. В итоге назовите, что прогнали и чем
                  кончилось, а чего прогнать не удалось — с причиной. Что было зелёным, должно остаться зелёным.
                """)
        case .markdown, .promptsAndMarkdown, .nothing:
            say(
                """
                - Checks: try every command and every example that you write down, as far as the container allows, and
                  see that links and paths lead somewhere. Say in the summary what you could not check.
                """,
                """
                - Проверки: опробуйте каждую команду и каждый пример, которые записываете, насколько позволяет
                  контейнер, и убедитесь, что ссылки и пути ведут куда надо. Чего проверить не удалось, скажите в
                  итоге.
                """)
        }
        // The pull request's, whatever kind of run revises it.
        let owner = TriggerKind.owning(branch: run.branch, issue: run.issue) ?? run.kind
        let reference = "\(owner.issueReference) #\(run.issue)"
        return say(
            """
            - Files: leave the finished work as changed files. They become one commit; commits of your own are kept.
              Leave no build results, logs or notes to yourself behind.
            - Language: code, comments, documents, commit messages and the summary are in English, unless the file
              that you change is written in another language.
            \(tests)
            - Result: write a JSON object to the file that the environment variable `\(file)` names, with the members
              "summary" (for the pull request: what changed and why, what was tested, what is open; at most ten lines
              and 1,000 characters) and "commitSubject" (one line of at most 72 characters, imperative, without a
              number), both in English. The reference `\(reference)` is added for you.
            """,
            """
            - Файлы: готовую работу оставьте в виде изменённых файлов. Из них получится один коммит; ваши собственные
              коммиты сохранятся. Не оставляйте результатов сборки, журналов и заметок для себя.
            - Язык: код, комментарии, документы, сообщения коммитов и итог — на английском, кроме случая, когда
              изменяемый файл написан на другом языке.
            \(tests)
            - Итог: запишите в файл, имя которого хранит переменная окружения `\(file)`, объект JSON с полями
              "summary" (для pull request: что изменено и зачем, что проверено, что осталось; не больше десяти строк и
              1000 знаков) и "commitSubject" (одна строка не длиннее 72 знаков, в повелительном наклонении, без
              номера), оба на английском. Ссылку `\(reference)` добавят за вас.
            """)
    }

    /// A run that changes nothing: its summary is all that people get.
    private var report: String {
        say(
            """
            - Files: change nothing. Your findings are the result.
            - Language: English.
            - Tests: run what helps you to judge, and name it with its outcome.
            - Result: write a JSON object to the file that the environment variable `\(file)` names, with the member
              "summary": your findings, the weightiest first, each with its place; at most ten lines and 1,000
              characters. It is posted where people read it. No pull request comes of this run.
            """,
            """
            - Файлы: ничего не меняйте. Результат — ваши выводы.
            - Язык: английский.
            - Тесты: прогоните то, что поможет вынести суждение, и назовите это вместе с исходом.
            - Итог: запишите в файл, имя которого хранит переменная окружения `\(file)`, объект JSON с полем
              "summary": выводы, самые весомые сначала, каждый с указанием места; не больше десяти строк и 1000
              знаков. Его опубликуют там, где его прочтут люди. Pull request этот запуск не даёт.
            """)
    }

    private var discussion: String {
        say(
            """
            - Files: nothing is committed, pushed or opened. Change nothing.
            - Language: answer in the language in which the issue and its last comments are written.
            - Tests: run what helps you to answer, and name it with its outcome.
            - Result: write a JSON object to the file that the environment variable `\(file)` names, with the member
              "summary": your answer, complete in itself, at most 1,000 characters. It is posted on the issue as it
              is. Answer first, then the reasons with places in the code, then at most three questions, where an
              answer to them would change yours.
            """,
            """
            - Файлы: ничего не коммитится, не отправляется и не открывается. Ничего не меняйте.
            - Язык: отвечайте на том языке, на котором написаны задача и последние комментарии к ней.
            - Тесты: прогоните то, что поможет ответить, и назовите это вместе с исходом.
            - Итог: запишите в файл, имя которого хранит переменная окружения `\(file)`, объект JSON с полем
              "summary": ваш ответ, понятный сам по себе, не длиннее 1000 знаков. Его опубликуют в задаче как есть.
              Сначала ответ, потом доводы с указанием мест в коде, потом не больше трёх вопросов — тех, ответ на
              которые изменил бы ваш.
            """)
    }

    private var status: String {
        say(
            """
            - Status: call `\(Names.statusReportTool)` when you begin, and then after every five to seven tool calls:
              one line of at most 100 characters that says what you are doing and what you have found.
            """,
            """
            - Состояние: вызывайте `\(Names.statusReportTool)` в начале, а затем после каждых пяти–семи вызовов
              инструментов: одна строка не длиннее 100 знаков о том, что вы делаете и что выяснили.
            """)
    }
}
