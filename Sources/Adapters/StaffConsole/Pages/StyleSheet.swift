// SPDX-License-Identifier: MIT

/// How the pages look; they can be used without it.
enum StyleSheet {
    /// The style sheet.
    static let text = """
        :root {
            color-scheme: light dark;
            --ink: #1c2024; --quiet: #5b636b; --paper: #ffffff; --line: #d5d9de; --band: #f4f6f8;
            --link: #0a58ca; --good: #0f6b3a; --bad: #a8201a;
        }
        @media (prefers-color-scheme: dark) {
            :root {
                --ink: #e6e8ea; --quiet: #9aa4ae; --paper: #15181b; --line: #363c43; --band: #1e2327;
                --link: #79b0ff; --good: #6fd39b; --bad: #ff8f87;
            }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
        header { display: flex; justify-content: space-between; align-items: center; padding: 0.5rem 1.5rem;
            border-bottom: 1px solid var(--line); background: var(--band); }
        header a { font-weight: 600; text-decoration: none; }
        main { padding: 1rem 1.5rem 3rem; max-width: 90rem; }
        h1 { font-size: 1.4rem; overflow-wrap: anywhere; }
        h2 { font-size: 1.1rem; margin: 2rem 0 0.5rem; }
        a { color: var(--link); }
        dl + table { margin-top: 0.5rem; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.5rem; margin: 0; }
        dt { color: var(--quiet); }
        dd { margin: 0; overflow-wrap: anywhere; }
        section { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; }
        caption { text-align: left; color: var(--quiet); padding: 0.25rem 0; }
        th, td { text-align: left; vertical-align: top; padding: 0.3rem 1rem 0.3rem 0;
            border-bottom: 1px solid var(--line); }
        thead th { color: var(--quiet); font-weight: 500; white-space: nowrap; }
        tbody th { font-weight: 400; white-space: nowrap; }
        td { overflow-wrap: break-word; }
        td:last-child { overflow-wrap: anywhere; min-width: 8rem; }
        td code { white-space: nowrap; }
        time { white-space: nowrap; font-variant-numeric: tabular-nums; }
        code { font: 0.9em ui-monospace, monospace; }
        form { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; margin: 1rem 0; }
        header form { margin: 0; }
        input, select, button { font: inherit; color: inherit; background: var(--paper); padding: 0.25rem 0.6rem;
            border: 1px solid var(--quiet); border-radius: 0.3rem; }
        input[type=password] { flex: 1 1 20rem; }
        :focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
        .quiet { color: var(--quiet); }
        .notice { border-left: 4px solid var(--bad); padding-left: 0.75rem; }
        .good { color: var(--good); font-weight: 600; }
        .bad { color: var(--bad); font-weight: 600; }
        .neutral { font-weight: 600; }

        """
}
