import { useState } from 'preact/hooks';
import { useLoad, useSend } from '../net/load.ts';
import { call, type Page } from '../net/request.ts';
import { me } from '../net/session.ts';
import { Box, ProblemNotice, Ready } from '../parts/box.tsx';
import { Input, Select } from '../parts/field.tsx';
import { Moment } from '../parts/moment.tsx';
import { Table } from '../parts/table.tsx';
import { type Role, roles } from '../roles.ts';
import { t } from '../words/words.ts';

interface User {
  id: string;
  name: string;
  role: Role;
  createdAt: number;
  disabledAt: number | null;
}

function NewUser({ onDone }: { onDone: () => void }) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [role, setRole] = useState<string>('viewer');
  const { busy, problem, send } = useSend();
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!(await send(() => call('users', { method: 'POST', body: { name, password, role } })))) return;
    setName('');
    setPassword('');
    onDone();
  };
  return (
    <form class="form" onSubmit={(event) => void submit(event)}>
      {problem && <ProblemNotice problem={problem} />}
      <div class="form-row">
        <Input label={t('login.user')} value={name} onInput={setName} required maxLength={64} autocomplete="off" />
        <Input
          label={t('login.password')}
          type="password"
          value={password}
          onInput={setPassword}
          required
          autocomplete="new-password"
          help={t('setup.passwordHelp')}
        />
        <Select
          label={t('settings.role')}
          value={role}
          onChange={setRole}
          options={roles.map((one) => [one, t(`role.${one}`)] as const)}
          help={t(`settings.roleHelp.${role as Role}`)}
        />
      </div>
      <div class="form-end">
        <button type="submit" class="button" disabled={busy}>
          {busy ? t('common.working') : t('settings.addUser')}
        </button>
      </div>
    </form>
  );
}

function Disable({ user, onDone }: { user: User; onDone: () => void }) {
  const { busy, problem, send } = useSend();
  if (user.disabledAt !== null) return <span class="quiet">{t('settings.disabled')}</span>;
  if (user.name === me.value?.user) return <span class="quiet">{t('settings.you')}</span>;
  return (
    <>
      <button
        type="button"
        class="button slim"
        disabled={busy}
        onClick={() =>
          void send(() => call(`users/${encodeURIComponent(user.id)}/disable`, { method: 'POST' })).then(onDone)
        }
      >
        {t('settings.disable')}
        <span class="unseen"> {user.name}</span>
      </button>
      {problem && <ProblemNotice problem={problem} />}
    </>
  );
}

export function Users() {
  const list = useLoad<Page<User>>('users');
  return (
    <Box title={t('settings.users')} flush>
      <Ready of={list}>
        {({ items }) => (
          <Table
            caption={t('settings.users')}
            rows={items}
            keyOf={(row) => row.id}
            columns={[
              { key: 'name', head: t('login.user'), cell: (row) => row.name },
              { key: 'role', head: t('settings.role'), cell: (row) => t(`role.${row.role}`) },
              { key: 'since', head: t('settings.created'), cell: (row) => <Moment at={row.createdAt} shape="date" /> },
              { key: 'act', head: t('column.state'), cell: (row) => <Disable user={row} onDone={list.reload} /> },
            ]}
          />
        )}
      </Ready>
      <div class="box-body">
        <NewUser onDone={list.reload} />
      </div>
    </Box>
  );
}
