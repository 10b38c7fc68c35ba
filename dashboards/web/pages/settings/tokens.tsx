/** Tokens for scripts. The secret is shown once. */

import { useState } from 'preact/hooks';
import type { Token } from '../../../../shared/api.ts';
import { none } from '../../../../shared/words/format.ts';
import { now } from '../../clock.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { Box, Callout, Ready } from '../../parts/box.tsx';
import { Delete } from '../../parts/delete.tsx';
import { Ended } from '../../parts/ended.tsx';
import { CopyButton, Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { Ago, Moment } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { roles } from '../../roles.ts';
import { actorName, t } from '../../words/words.ts';

function NewToken({ onDone }: { onDone: () => void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<string>('viewer');
  const [days, setDays] = useState('365');
  const [onlyFor, setOnlyFor] = useState('');
  const [secret, setSecret] = useState<string | null>(null);
  const { busy, problem, send } = useSend();
  const submit = async () => {
    await send(async () => {
      const body = {
        ...{ name, role: onlyFor === '' ? role : onlyFor === 'alerts' ? 'operator' : 'viewer' },
        ...{ days: days === '' ? null : Number(days), onlyFor: onlyFor === '' ? null : onlyFor },
      };
      const made = await call<{ token: Token; secret: string }>('tokens', { method: 'POST', body });
      setSecret(made.secret);
      setName('');
    });
    onDone();
  };
  return (
    <Form problem={problem} onSubmit={submit} busy={busy} word={t('settings.addToken')} look="">
      {secret !== null && (
        <div class="paste">
          <Callout tone="ok" title={t('settings.tokenMade')} spoken>
            {t('settings.tokenOnce')}
          </Callout>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the secret must be reachable, to be selected without a mouse */}
          <pre tabIndex={0}>{secret}</pre>
          <CopyButton text={secret} />
        </div>
      )}
      <div class="form-row">
        <Input
          label={t('settings.tokenName')}
          value={name}
          onInput={setName}
          required
          maxLength={64}
          autocomplete="off"
        />
        <Select
          label={t('settings.opens')}
          value={onlyFor}
          onChange={setOnlyFor}
          options={[
            ['', t('settings.opensAll')],
            ['metrics', t('settings.opensOnly.metrics')],
            ['alerts', t('settings.opensOnly.alerts')],
          ]}
        />
        {onlyFor === '' && (
          <Select
            label={t('settings.role')}
            value={role}
            onChange={setRole}
            options={roles.map((one) => [one, t(`role.${one}`)] as const)}
          />
        )}
        <Select
          label={t('settings.ends')}
          value={days}
          onChange={setDays}
          options={[
            ...[30, 90, 365].map((n) => [String(n), t('settings.endsIn', { n })] as const),
            ['', t('settings.endsNever')],
          ]}
        />
      </div>
    </Form>
  );
}

export const endOf = ({ revokedAt, expiresAt }: Token) =>
  revokedAt !== null ? revokedAt : expiresAt !== null && expiresAt <= now.value ? expiresAt : null;

function Ends({ token }: { token: Token }) {
  const at = endOf(token) ?? token.expiresAt;
  if (at === null) return <>{t('settings.endsNever')}</>;
  const state = token.revokedAt !== null ? 'revoked' : endOf(token) === null ? null : 'expired';
  return (
    <>
      {state && `${t(`add.state.${state}`)} `}
      <Moment at={at} shape="date" />
    </>
  );
}

function List({ items, onDone }: { items: readonly Token[]; onDone: () => void }) {
  return (
    <Table
      caption={t('settings.tokens')}
      rows={items}
      keyOf={(row) => row.id}
      columns={[
        { key: 'name', head: t('settings.tokenName'), cell: (row) => actorName(row.name) },
        {
          key: 'role',
          head: t('settings.role'),
          cell: (row) => (row.onlyFor === null ? t(`role.${row.role}`) : t(`settings.opensOnly.${row.onlyFor}`)),
        },
        { key: 'ends', head: t('settings.ends'), cell: (row) => <Ends token={row} /> },
        { key: 'since', head: t('settings.created'), cell: (row) => <Moment at={row.createdAt} shape="date" /> },
        { key: 'used', head: t('settings.lastUsed'), cell: (row) => <Ago at={row.lastUsedAt} /> },
        {
          key: 'act',
          acts: true,
          head: t('add.act'),
          cell: (row) =>
            endOf(row) === null ? (
              <Delete
                slim
                name={actorName(row.name)}
                words={[t('common.revoke'), t('settings.revokeOf', { name: actorName(row.name) })]}
                warning={t('settings.revokeWarning')}
                address={`tokens/${encodeURIComponent(row.id)}`}
                onDone={onDone}
              />
            ) : (
              none
            ),
        },
      ]}
    />
  );
}

export function Tokens() {
  const list = useLoad<Page<Token>>('tokens');
  return (
    <Box title={t('settings.tokens')} flush>
      <Ready of={list}>
        {({ items }) => {
          const live = items.filter((token) => endOf(token) === null);
          const ended = items.filter((token) => endOf(token) !== null);
          return (
            <>
              {live.length === 0 ? (
                <p class="quiet box-body">{t('settings.noTokens')}</p>
              ) : (
                <List items={live} onDone={list.reload} />
              )}
              <Ended n={ended.length}>
                <List items={ended} onDone={list.reload} />
              </Ended>
            </>
          );
        }}
      </Ready>
      <div class="box-body">
        <NewToken onDone={list.reload} />
      </div>
    </Box>
  );
}
