import { useState } from 'preact/hooks';
import { useLoad, useSend } from '../net/load.ts';
import { call, type Page } from '../net/request.ts';
import { me } from '../net/session.ts';
import { Box, ProblemCallout, Ready } from '../parts/box.tsx';
import { Input, Select } from '../parts/field.tsx';
import { Moment } from '../parts/moment.tsx';
import { Table } from '../parts/table.tsx';
import { type Role, roles } from '../roles.ts';
import { t } from '../words/words.ts';

interface ListedUser {
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
      {problem && <ProblemCallout problem={problem} />}
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

interface UserProps {
  user: ListedUser;
  onDone: () => void;
}

/** For a password that was forgotten or may be known to others: all sessions of the person end. */
function NewPassword({ user, onDone, onCancel }: UserProps & { onCancel: () => void }) {
  const [password, setPassword] = useState('');
  const { busy, problem, send } = useSend();
  const submit = async (event: Event) => {
    event.preventDefault();
    const address = `users/${encodeURIComponent(user.id)}/password`;
    if (await send(() => call(address, { method: 'POST', body: { password } }))) onDone();
  };
  return (
    <form class="form" onSubmit={(event) => void submit(event)}>
      {problem && <ProblemCallout problem={problem} />}
      <Input
        label={t('settings.passwordFor', { name: user.name })}
        type="password"
        value={password}
        onInput={setPassword}
        required
        autocomplete="new-password"
        help={user.name === me.value?.user ? t('settings.ownPasswordHelp') : t('setup.passwordHelp')}
      />
      <div class="form-end">
        <button type="submit" class="button main slim" disabled={busy}>
          {busy ? t('common.working') : t('settings.setPassword')}
        </button>
        <button type="button" class="button slim" onClick={onCancel}>
          {t('common.cancel')}
        </button>
      </div>
    </form>
  );
}

/** One's own is changed by another admin: nobody locks themselves out by mistake. */
function RoleOf({ user, onDone }: UserProps) {
  const { busy, problem, send } = useSend();
  if (user.disabledAt !== null || user.name === me.value?.user) return <>{t(`role.${user.role}`)}</>;
  const change = async (role: string) => {
    await send(() => call(`users/${encodeURIComponent(user.id)}`, { method: 'PATCH', body: { role } }));
    onDone();
  };
  return (
    <>
      <select
        class="input slim"
        aria-label={t('settings.roleOf', { name: user.name })}
        value={user.role}
        disabled={busy}
        onChange={(event) => void change(event.currentTarget.value)}
      >
        {roles.map((one) => (
          <option key={one} value={one}>
            {t(`role.${one}`)}
          </option>
        ))}
      </select>
      {problem && <ProblemCallout problem={problem} />}
    </>
  );
}

function Disable({ user, onDone }: UserProps) {
  const { busy, problem, send } = useSend();
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
      {problem && <ProblemCallout problem={problem} />}
    </>
  );
}

/** What an admin can do with a person; one's own account cannot be disabled by mistake. */
function Acts({ user, onDone }: UserProps) {
  const [state, setState] = useState<'rest' | 'asking' | 'done'>('rest');
  if (user.disabledAt !== null) return <span class="quiet">{t('settings.disabled')}</span>;
  if (state === 'asking') {
    return <NewPassword user={user} onDone={() => setState('done')} onCancel={() => setState('rest')} />;
  }
  return (
    <div class="row">
      <button type="button" class="button slim" onClick={() => setState('asking')}>
        {t('settings.newPassword')}
        <span class="unseen"> {user.name}</span>
      </button>
      {user.name !== me.value?.user && <Disable user={user} onDone={onDone} />}
      <span class="small quiet" role="status">
        {state === 'done' && t('settings.passwordSet', { name: user.name })}
      </span>
    </div>
  );
}

export function Users() {
  const list = useLoad<Page<ListedUser>>('users');
  return (
    <Box title={t('settings.users')} flush>
      <Ready of={list}>
        {({ items }) => (
          <Table
            caption={t('settings.users')}
            rows={items}
            keyOf={(row) => row.id}
            columns={[
              {
                key: 'name',
                head: t('login.user'),
                cell: (row) => (
                  <>
                    {row.name}
                    {row.name === me.value?.user && <span class="quiet small plain"> ({t('settings.you')})</span>}
                  </>
                ),
              },
              { key: 'role', head: t('settings.role'), cell: (row) => <RoleOf user={row} onDone={list.reload} /> },
              { key: 'since', head: t('settings.created'), cell: (row) => <Moment at={row.createdAt} shape="date" /> },
              { key: 'act', head: t('add.act'), cell: (row) => <Acts user={row} onDone={list.reload} /> },
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
