-- SPDX-License-Identifier: MIT
-- Who changed which template is used, and how often a run may call tools.

CREATE TABLE prompt_template_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repository_id bigint CHECK (repository_id > 0),
    agent text NOT NULL CHECK (agent ~ '^[a-z0-9-]{1,16}$'),
    kind text NOT NULL CHECK (kind IN ('work', 'revise')),
    locale text NOT NULL CHECK (locale ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    action text NOT NULL CHECK (action IN ('stored', 'activated', 'deactivated')),
    version integer NOT NULL CHECK (version > 0),
    replaced integer CHECK (replaced > 0),
    changed_by text NOT NULL CHECK (length(changed_by) BETWEEN 1 AND 256),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (replaced IS NULL OR (action = 'activated' AND replaced <> version))
);
COMMENT ON TABLE prompt_template_changes IS
    'Who stored, activated or deactivated which version of a template. Rows are never changed or removed.';
COMMENT ON COLUMN prompt_template_changes.replaced IS 'The version that was used before; null where none was.';
CREATE INDEX prompt_template_changes_slot
    ON prompt_template_changes (coalesce(repository_id, 0), agent, kind, locale, id);
-- What is known of the time before: who stored a version. Who activated one was not written down.
INSERT INTO prompt_template_changes (repository_id, agent, kind, locale, action, version, changed_by, changed_at)
SELECT repository_id, agent, kind, locale, 'stored', version, created_by, created_at
FROM prompt_templates ORDER BY created_at, id;
CREATE TRIGGER prompt_template_changes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON prompt_template_changes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE prompt_template_changes ENABLE ALWAYS TRIGGER prompt_template_changes_append_only;

CREATE TABLE tool_budgets (
    run_uid text PRIMARY KEY REFERENCES agent_runs (run_uid),
    used_until timestamptz NOT NULL
);
COMMENT ON TABLE tool_budgets IS 'How far the calls of tools of a run are ahead of the rate that it may keep up.';
COMMENT ON COLUMN tool_budgets.used_until IS 'Each call moves it on by one interval; calls wait where it is too far ahead.';

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'codexk8s_service') THEN
        RETURN;
    END IF;
    GRANT SELECT ON prompt_template_changes TO codexk8s_service;
    -- Not the time: it is the database's to say.
    GRANT INSERT (repository_id, agent, kind, locale, action, version, replaced, changed_by)
        ON prompt_template_changes TO codexk8s_service;
    GRANT SELECT, INSERT, UPDATE ON tool_budgets TO codexk8s_service;
    -- A version that was stored is never rewritten; which one is used may change.
    REVOKE UPDATE ON prompt_templates FROM codexk8s_service;
    GRANT UPDATE (is_active) ON prompt_templates TO codexk8s_service;
END
$$;
