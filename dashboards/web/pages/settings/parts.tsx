/** Parts that evenkeel.yaml turns on: what each is, that it is off, and the lines that turn it on. */
import type { OptionalPart } from '../../../../shared/api.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { CopyButton } from '../../parts/field.tsx';
import { t } from '../../words/words.ts';
import { partLines } from '../part-lines.ts';

export const useParts = () => useLoad<Page<OptionalPart>>('collector/parts');

function OffPart({ name }: { name: OptionalPart['name'] }) {
  const lines = partLines[name];
  return (
    <Box title={<span id={name}>{t(`parts.name.${name}`)}</span>} aside={<span class="tag">{t('parts.off')}</span>}>
      <div class="paste">
        <p>{t(`parts.what.${name}`)}</p>
        <section aria-label={t('parts.lines', { name: t(`parts.name.${name}`) })}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the lines must be reachable, to be selected without a mouse */}
          <pre tabIndex={0}>{lines}</pre>
        </section>
        <CopyButton text={lines} slim />
      </div>
    </Box>
  );
}

/** They have no box of their own here: they are seen where machines or people are. */
const placeOnly: readonly OptionalPart['name'][] = ['self_service', 'scripts', 'remote_support', 'ldap'];

export function OptionalParts() {
  const of = useParts();
  return (
    <Ready of={of}>
      {({ items }) => (
        <>
          {items.map(
            ({ name, isOn }) =>
              isOn &&
              placeOnly.includes(name) && (
                <Box
                  key={name}
                  title={<span id={name}>{t(`parts.name.${name}`)}</span>}
                  aside={<span class="tag">{t('parts.on')}</span>}
                >
                  <p>{t(`parts.what.${name}`)}</p>
                </Box>
              ),
          )}
          {items.some(({ isOn }) => !isOn) && <p class="quiet">{t('parts.how')}</p>}
          {items.map(({ name, isOn }) => !isOn && <OffPart key={name} name={name} />)}
        </>
      )}
    </Ready>
  );
}
