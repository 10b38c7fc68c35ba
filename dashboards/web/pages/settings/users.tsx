import { useEffect, useRef, useState } from 'preact/hooks';
import type { SiteRow } from '../../../../shared/api.ts';
import type { Duties } from '../../../../shared/duties.ts';
import type { FactorRule } from '../../../../shared/second-factor.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { me } from '../../net/session.ts';
import { Box, Callout, ProblemCallout, Ready } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { type Role, roles } from '../../roles.ts';
import { faultsOf } from '../../words/fault.ts';
import { t } from '../../words/words.ts';
import { receiverWord } from '../on-call/receivers.tsx';
import { type LimitedTo, SitePicker, SitesOf } from './sites.tsx';

export interface ListedUser {
  id: string;
  name: string;
  role: Role;
  createdAt: number;
  disabledAt: number | null;
  /** Of the provider by which they log in; null: with a password. */
  issuer: string | null;
  sites: LimitedTo;
  hasFactor?: boolean;
}

const providerOf = (issuer: string): string => me.value?.provider ?? URL.parse(issuer)?.hostname ?? issuer;

function NewUser({ onDone }: { onDone: () => void }) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [role, setRole] = useState<string>('viewer');
  const [sites, setSites] = useState<LimitedTo>(null);
  const { busy, problem, send } = useSend();
  const submit = async () => {
    const limit = role === 'admin' ? null : sites;
    if (!(await send(() => call('users', { method: 'POST', body: { name, password, role, sites: limit } })))) return;
    setName('');
    setPassword('');
    setSites(null);
    onDone();
  };
  return (
    <Form problem={problem} onSubmit={submit} busy={busy} word={t('settings.addUser')} look="">
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
      {role !== 'admin' && <SitePicker value={sites} onChange={setSites} error={faultsOf(problem)('sites')} />}
    </Form>
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
  const submit = async () => {
    const address = `users/${encodeURIComponent(user.id)}/password`;
    if (await send(() => call(address, { method: 'POST', body: { password } }))) onDone();
  };
  return (
    <Form
      problem={problem}
      onSubmit={submit}
      busy={busy}
      word={t('settings.setPassword')}
      look="main slim"
      onCancel={onCancel}
    >
      <Input
        label={t('settings.passwordFor', { name: user.name })}
        type="password"
        value={password}
        onInput={setPassword}
        required
        autocomplete="new-password"
        help={user.name === me.value?.user ? t('settings.ownPasswordHelp') : t('setup.passwordHelp')}
      />
    </Form>
  );
}

/** One's own is changed by another admin: nobody locks themselves out by mistake. */
function RoleOf({ user, onDone }: UserProps) {
  const { busy, problem, send } = useSend();
  if (user.disabledAt !== null || user.issuer !== null || user.name === me.value?.user)
    return <>{t(`role.${user.role}`)}</>;
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

/** Whoever is on call, or is to be notified, leaves a hole: that is said before it is made. */
function Disable({ user, onDone }: UserProps) {
  const { busy, problem, send } = useSend();
  const [left, setLeft] = useState<Duties | null>(null);
  const cancel = useRef<HTMLButtonElement>(null);
  useEffect(() => cancel.current?.focus(), [left]);
  const address = `users/${encodeURIComponent(user.id)}`;
  const { name } = user;
  const disable = async () => {
    if (await send(() => call(`${address}/disable`, { method: 'POST' }))) onDone();
  };
  const ask = () =>
    void send(async () => {
      const duties = await call<Duties>(`${address}/duties`);
      if (duties.now.length + duties.namedBy.length > 0) setLeft(duties);
      else await disable();
    });
  if (left === null)
    return (
      <>
        <button type="button" class="button slim" disabled={busy} onClick={ask}>
          {t('settings.disable')}
          <span class="unseen"> {name}</span>
        </button>
        {problem && <ProblemCallout problem={problem} />}
      </>
    );
  return (
    <div class="stack-2">
      {problem && <ProblemCallout problem={problem} />}
      <div role="status">
        {left.now.length > 0 && <p>{t('settings.onCallNow', { name, schedules: left.now.join(', ') })}</p>}
        {left.namedBy.length > 0 && (
          <p>{t('settings.namedBy', { name, list: left.namedBy.map(receiverWord).join(', ') })}</p>
        )}
      </div>
      <div class="form-end">
        <button type="button" class="button danger" disabled={busy} onClick={() => void disable()}>
          {busy ? t('common.working') : t('settings.disableOf', { name })}
        </button>
        <button type="button" class="button" onClick={() => setLeft(null)} ref={cancel}>
          {t('common.cancel')}
        </button>
      </div>
    </div>
  );
}

function Enable({ user, onDone }: UserProps) {
  const { busy, problem, send } = useSend();
  const enable = async () => {
    if (await send(() => call(`users/${encodeURIComponent(user.id)}/enable`, { method: 'POST' }))) onDone();
  };
  return (
    <div class="row">
      <span class="quiet">{t('settings.disabled')}</span>
      <button type="button" class="button slim" disabled={busy} onClick={() => void enable()}>
        {t('settings.enable')}
        <span class="unseen"> {user.name}</span>
      </button>
      {problem && <ProblemCallout problem={problem} />}
    </div>
  );
}

/** Of who has lost the app and the recovery codes. They are told, and all their sessions end. */
function ResetFactor({ user, onDone }: UserProps) {
  const { busy, problem, send } = useSend();
  const reset = async () => {
    if (await send(() => call(`users/${encodeURIComponent(user.id)}/second-factor`, { method: 'DELETE' }))) onDone();
  };
  return (
    <>
      <button type="button" class="button slim" disabled={busy} onClick={() => void reset()}>
        {t('factor.reset')}
        <span class="unseen"> {user.name}</span>
      </button>
      {problem && <ProblemCallout problem={problem} />}
    </>
  );
}

/** Roles that must have a second factor. One more is asked about first: it stops everybody of that role who has none at the next page. */
export function FactorRoles() {
  const users = useLoad<Page<ListedUser>>('users').data?.items ?? [];
  const rule = useLoad<FactorRule>('second-factor');
  const [asked, setAsked] = useState<Role | null>(null);
  const { busy, problem, send } = useSend();
  const now = rule.data?.roles ?? [];
  const set = async (next: Role[]) => {
    const isSaved = await send(() => call('second-factor', { method: 'PUT', body: { roles: next } }));
    if (isSaved) setAsked(null);
    rule.reload();
  };
  const stopped = users.filter(
    (one) => one.role === asked && one.disabledAt === null && one.issuer === null && !one.hasFactor,
  );
  return (
    <Box>
      <fieldset class="field checks" disabled={busy}>
        <legend class="label">{t('factor.roles')}</legend>
        {problem && <ProblemCallout problem={problem} />}
        <div class="row">
          {roles.map((one) => {
            const isOn = now.includes(one);
            const change = () => (isOn ? void set(now.filter((role) => role !== one)) : setAsked(one));
            return (
              <label key={one} class="option">
                <input type="checkbox" checked={isOn || asked === one} onChange={change} />
                {t(`role.${one}`)}
              </label>
            );
          })}
        </div>
        <p class="help">{t('factor.rolesHelp')}</p>
        {asked && (
          <Callout tone="warning" title={t('factor.ask', { role: t(`role.${asked}`), count: stopped.length })}>
            {stopped.some(({ name }) => name === me.value?.user) && <p>{t('factor.askYou')}</p>}
            <div class="row">
              <button type="button" class="button" onClick={() => void set([...now, asked])}>
                {t('factor.require')}
              </button>
              <button type="button" class="button" onClick={() => setAsked(null)}>
                {t('common.cancel')}
              </button>
            </div>
          </Callout>
        )}
      </fieldset>
    </Box>
  );
}

/** What an admin can do with a person; one's own account cannot be disabled by mistake. */
function Acts({ user, onDone }: UserProps) {
  const [state, setState] = useState<'rest' | 'asking' | 'done'>('rest');
  if (user.disabledAt !== null) return <Enable user={user} onDone={onDone} />;
  if (state === 'asking') {
    return <NewPassword user={user} onDone={() => setState('done')} onCancel={() => setState('rest')} />;
  }
  return (
    <div class="row">
      {user.issuer === null && (
        <button type="button" class="button slim" onClick={() => setState('asking')}>
          {t('settings.newPassword')}
          <span class="unseen"> {user.name}</span>
        </button>
      )}
      {user.hasFactor && user.name !== me.value?.user && <ResetFactor user={user} onDone={onDone} />}
      {user.name !== me.value?.user && <Disable user={user} onDone={onDone} />}
      <span class="small quiet" role="status">
        {state === 'done' && t('settings.passwordSet', { name: user.name })}
      </span>
    </div>
  );
}

export function Users() {
  const list = useLoad<Page<ListedUser>>('users');
  const sites = useLoad<Page<SiteRow>>('sites');
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
                    {row.issuer !== null && (
                      <div class="quiet small">{t('provider.ofUser', { provider: providerOf(row.issuer) })}</div>
                    )}
                  </>
                ),
              },
              { key: 'role', head: t('settings.role'), cell: (row) => <RoleOf user={row} onDone={list.reload} /> },
              {
                key: 'sites',
                head: t('scopes.sites'),
                cell: (row) => <SitesOf user={row} sites={sites.data?.items ?? []} onDone={list.reload} />,
              },
              { key: 'since', head: t('settings.created'), cell: (row) => <Moment at={row.createdAt} shape="date" /> },
              { key: 'act', head: t('add.act'), acts: true, cell: (row) => <Acts user={row} onDone={list.reload} /> },
            ]}
          />
        )}
      </Ready>
      <div class="box-body stack">
        <NewUser onDone={list.reload} />
      </div>
    </Box>
  );
}
