/** The line to paste on a machine, for the system that it has, and the same as steps. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { NewEnrollment } from '../../../../shared/api.ts';
import { whoeverItWas } from '../../../../shared/identity-kinds.ts';
import type { AgentPackage } from '../../../../shared/joining.ts';
import { isLoopback, isReadable } from '../../../../shared/loopback.ts';
import { number } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { Callout } from '../../parts/box.tsx';
import { withCode } from '../../parts/code.tsx';
import { Choices, CopyButton } from '../../parts/field.tsx';
import { language, t } from '../../words/words.ts';

const systems = ['linux', 'windows', 'macos', 'source'] as const;
/** The same in every language. */
const names = { linux: 'Linux', windows: 'Windows', macos: 'macOS' };
type JoinSystem = (typeof systems)[number];

/** Of the collector: a join code is `EK2-`, base64url of `{u, c, p}` and four characters. @throws SyntaxError of another format */
function urlIn(code: string): string {
  const text = atob(code.slice('EK2-'.length, -4).replaceAll('-', '+').replaceAll('_', '/'));
  return (JSON.parse(text) as { u: string }).u;
}

/** By which the machine reaches the collector. */
function addressIn(code: string): string {
  try {
    return new URL(urlIn(code)).host;
  } catch {
    return location.host;
  }
}

/** What is wrong with the address in a join code. */
function addressFault(code: string): 'hereOnly' | 'hereOnlyInClear' | 'inClear' | null {
  try {
    const u = urlIn(code);
    const { hostname, protocol } = new URL(u);
    if (isLoopback(hostname)) return protocol === 'https:' ? 'hereOnly' : 'hereOnlyInClear';
    return isReadable(u) ? 'inClear' : null;
  } catch {
    // A code of unknown format cannot be checked here; the line is shown all the same.
    return null;
  }
}

/** The usual processor of today first. */
const targets = {
  linux: ['linux-x64', 'linux-arm64'],
  windows: ['win-x64'],
  macos: ['macos-arm64', 'macos-x64'],
};

const megabytes = (bytes: number) => number(Math.round(bytes / 1e6), language.value);

/** Where a package is missing, the line would end with that message on the machine. */
function Offered({ items, system }: { items: readonly AgentPackage[]; system: JoinSystem }) {
  if (system === 'source') return <p class="quiet">{withCode(t('add.sourceNeeds'))}</p>;
  const fitting = items.filter((one) => one.system === system);
  if (fitting.length === 0)
    return (
      <Callout tone="warning" title={t('add.noPackage')}>
        <p>{withCode(t('add.noPackageLead'))}</p>
        {targets[system].map((target) => (
          <pre key={target}>
            <code>npm run package -- --target {target}</code>
          </pre>
        ))}
      </Callout>
    );
  return (
    <p class="quiet">
      {t('add.offers', { version: fitting[0]?.version ?? '' })}{' '}
      {fitting.map(({ form, arch, size }) => `${form} ${arch} (${megabytes(size)} MB)`).join(', ')}
    </p>
  );
}

function Steps({ made, items, system }: { made: NewEnrollment; items: readonly AgentPackage[]; system: JoinSystem }) {
  const again = [null, whoeverItWas].includes(made.enrollment.replaces) ? '' : ' --again';
  const fitting = items.filter((one) => one.system === system);
  // Nothing to download: what to do about it stands above.
  if (fitting.length === 0) return null;
  return (
    <details class="fold">
      <summary>{t('add.steps')}</summary>
      <ol class="stack">
        <li>
          {t('add.stepPackage')}
          <ul>
            {fitting.map(({ name, sha256 }) => (
              <li key={name}>
                <a href={`/packages/${name}`}>{name}</a> <span class="quiet small">SHA-256 {sha256}</span>
              </li>
            ))}
          </ul>
        </li>
        <li>{t(system === 'windows' ? 'add.stepInstallWindows' : 'add.stepInstall')}</li>
        <li>
          {t('add.stepEnrol')} <code>{`evenkeel-agent enroll${again}`}</code>
          <pre>
            <code>{made.code}</code>
          </pre>
          <CopyButton text={made.code} />
        </li>
      </ol>
    </details>
  );
}

interface MadeLineProps {
  made: NewEnrollment;
  lead: ComponentChildren;
  children?: ComponentChildren;
}

/** The line to paste, with what is to be known of it. */
export function MadeLine({ made, lead, children }: MadeLineProps) {
  const [system, setSystem] = useState<JoinSystem>('linux');
  const packages = useLoad<Page<AgentPackage>>('packages');
  const items = packages.data?.items ?? [];
  const line = made.lines[system];
  const fault = addressFault(made.code);
  return (
    <div class="paste">
      <Choices
        label={t('add.system')}
        value={system}
        options={systems.map((one) => [one, one === 'source' ? t('add.fromSource') : names[one]] as const)}
        onChoose={setSystem}
      />
      <p>{lead}</p>
      <p>{t(`add.where.${system}`)}</p>
      {system !== 'source' && <p class="quiet">{t(`add.needs.${system}`, { address: addressIn(made.code) })}</p>}
      <section aria-label={t('add.line')}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the line must be reachable, to be selected without a mouse */}
        <pre tabIndex={0}>{line}</pre>
      </section>
      <div class="row">
        <CopyButton text={line} />
        {children}
      </div>
      {packages.data && <Offered items={items} system={system} />}
      {system !== 'source' && <Steps made={made} items={items} system={system} />}
      {fault && (
        <Callout tone="warning" title={t(fault === 'inClear' ? 'add.inClear' : 'add.hereOnly')}>
          <p>{withCode(t(`add.${fault}Lead`))}</p>
        </Callout>
      )}
      <Callout tone="info">{t('add.once')}</Callout>
    </div>
  );
}
