/**
 * The compose file keeps to the Compose Specification, and says the same as `seqcast stack`, the settings and the image: what cannot be
 * run without a container engine can at least not drift. `compose-spec.json` is the specification's own schema (compose-spec/compose-spec,
 * Apache License 2.0).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { engineEnvironment } from '../../cli/stack/engine-environment.ts';
import { KAFKA_VERSION } from '../../cli/stack/kafka-jars.ts';
import { USUAL_PORTS } from '../../cli/stack/ports.ts';
import { CONFIG_OPTIONS } from '../../workers/runtime/process/config-schema.ts';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly profiles?: readonly string[];
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[] };
  readonly volumes?: readonly string[];
}

const text = readFileSync('docker-compose.yml', 'utf8');
const compose = parse(text, { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(compose.services);
const workers = services.filter(([, { build }]) => build !== undefined);
const dockerfile = readFileSync('Dockerfile', 'utf8');
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };

function service(name: string): Service {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
}

/** Port on this machine → port in the container. */
function published({ ports = [] }: Service): number[][] {
  return ports.map((port) => port.replace('127.0.0.1:', '').split(':').map(Number));
}

describe('docker-compose.yml', () => {
  test('keeps to the Compose Specification', () => {
    const schema = JSON.parse(readFileSync('test/cli/compose-spec.json', 'utf8')) as object;
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(ajv);
    const check = ajv.compile(schema);
    check(compose);
    expect(check.errors).toBeNull();
    // The schema does refuse something.
    expect(check({ services: { kafka: { image: 'apache/kafka:4.3.1', port: [9092] } } })).toBe(false);
  });

  test('pins every image to one version', () => {
    for (const [name, { image = '' }] of services) expect(image, name).toMatch(/^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?$/);
    for (const [, base] of dockerfile.matchAll(/^FROM (\S+)/gm)) expect(base).toMatch(/^node:20\.\d+\.\d+-slim$/);
  });

  test('has a health check for every service, and nobody starts before what it needs is healthy', () => {
    for (const [name, { healthcheck, depends_on = {} }] of services) {
      expect(healthcheck?.test?.length, name).toBeGreaterThan(1);
      for (const [needed, { condition }] of Object.entries(depends_on)) {
        expect(condition, `${name} → ${needed}`).toBe('service_healthy');
        expect(service(needed)).toBeDefined();
      }
    }
  });

  test('has the profiles core and observability, and opens ports on this machine only', () => {
    expect([...new Set(services.flatMap(([, { profiles = [] }]) => profiles))].sort()).toEqual(['core', 'observability']);
    for (const [name, { profiles, ports = [] }] of services) {
      expect(profiles, name).toHaveLength(1);
      for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    }
    const all = services.flatMap(([, each]) => published(each).map(([port]) => port));
    expect(new Set(all).size).toBe(all.length);
  });

  test('declares the volumes it uses, and mounts files that exist', () => {
    const mounts = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''));
    const files = mounts.filter((mount) => mount.startsWith('./'));
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
    const volumes = new Set(mounts.filter((mount) => !mount.startsWith('./')));
    expect([...volumes].sort()).toEqual(Object.keys(compose.volumes).sort());
  });
});

describe('compose and `seqcast stack`', () => {
  test('have the same engines at the same ports', () => {
    for (const [name, usual] of Object.entries(USUAL_PORTS)) {
      // Three brokers are for `--brokers 3`; compose has one.
      if (/^kafka-[23]$/.test(name)) continue;
      expect(
        published(service(name === 'kafka-1' ? 'kafka' : name)).map(([port]) => port),
        name,
      ).toEqual([usual]);
    }
  });

  test('have the same Kafka, with the same settings', () => {
    expect(service('kafka').image).toBe(`apache/kafka:${KAFKA_VERSION}`);
    expect(readFileSync('cli/stack/kafka/pom.xml', 'utf8')).toContain(`<kafka.version>${KAFKA_VERSION}</kafka.version>`);
    const source = readFileSync('cli/stack/kafka.ts', 'utf8');
    const ours = [...source.matchAll(/^ {4}'?([a-z.]+\.[a-z.]+)'?:/gm)].map(
      ([, key = '']) => `KAFKA_${key.replaceAll('.', '_').toUpperCase()}`,
    );
    expect(ours.length).toBeGreaterThan(10);
    const theirs = Object.keys(service('kafka').environment ?? {});
    // A small machine's threads and buffers are no part of how the broker behaves.
    const local = /^KAFKA_(NUM_(NETWORK|IO)_THREADS|LOG_CLEANER_DEDUPE_BUFFER_SIZE)$/;
    expect(ours.filter((key) => !local.test(key) && !theirs.includes(key))).toEqual([]);
  });

  test('have Redises that keep the same things', () => {
    const settings = (name: string) => service(name).command?.join(' ');
    for (const name of ['redis', 'redis-replica'])
      expect(settings(name)).toContain('--appendonly no --save  --maxmemory-policy noeviction');
    expect(settings('redis-replica')).toContain('--replicaof redis 6379');
    expect(settings('redis-jobs')).toContain('--appendonly yes --save  --maxmemory-policy noeviction');
    expect(service('redis-jobs').volumes).toEqual(['redis-jobs:/data']);
  });

  test('have the same database', () => {
    const { SEQCAST_POSTGRES = '' } = engineEnvironment([{ engine: 'postgres', name: 'postgres', port: 5432 }]);
    const { username, pathname } = new URL(SEQCAST_POSTGRES);
    expect(service('postgres').environment).toMatchObject({ POSTGRES_USER: username, POSTGRES_DB: pathname.slice(1) });
  });
});

describe('compose and the settings', () => {
  test('name variables that exist, with values that the schema takes', async () => {
    const { CONFIG_SCHEMA } = await import('../../workers/runtime/process/config-schema.ts');
    for (const [name, { environment = {} }] of workers) {
      for (const [variable, value] of Object.entries(environment)) {
        const option = CONFIG_OPTIONS.find((each) => each.variable === variable);
        expect(option, `${name}: ${variable}`).toBeDefined();
        // Everything is text in an environment.
        const meant = option?.isBoolean === true && value === 'true' ? true : value;
        if (option !== undefined) expect(CONFIG_SCHEMA.shape[option.key].safeParse(meant).success, `${name}: ${variable}`).toBe(true);
      }
    }
  });

  test('have a worker for every role, which reaches engines by the ports they listen on', () => {
    const roles = String(CONFIG_OPTIONS.find(({ key }) => key === 'roles')?.fallback).split(',');
    expect(workers.map(([, { environment }]) => environment?.SEQCAST_ROLES).sort()).toEqual(roles.sort());
    const listening: Readonly<Record<string, RegExp>> = {
      SEQCAST_KAFKA: /^kafka:19092$/,
      SEQCAST_REDIS: /^redis:\/\/redis:6379$/,
      SEQCAST_JOBS_REDIS: /^redis:\/\/redis-jobs:6379$/,
      SEQCAST_ETCD: /^http:\/\/etcd:2379$/,
    };
    for (const [name, { environment = {} }] of workers) {
      for (const [variable, address] of Object.entries(listening)) expect(environment[variable], name).toMatch(address);
    }
    expect(service('kafka').environment?.KAFKA_LISTENERS).toContain('PLAINTEXT://:19092');
    expect(service('etcd').command).toContain('--listen-client-urls=http://0.0.0.0:2379');
    expect(published(service('gateway'))).toEqual([[7070, 7070]]);
  });

  test('have one image, of this version, that runs as nobody special and asks itself whether it lives', () => {
    for (const [, { image }] of workers) expect(image).toBe(`seqcast:${manifest.version}`);
    for (const [, variable = ''] of dockerfile.matchAll(/(SEQCAST_\w+)=/g)) {
      expect(CONFIG_OPTIONS.map((each) => each.variable)).toContain(variable);
    }
    const port = CONFIG_OPTIONS.find(({ key }) => key === 'port')?.fallback;
    expect(dockerfile).toContain(`SEQCAST_PORT=${port}`);
    expect(dockerfile).toContain(`EXPOSE ${port}`);
    const check = `fetch('http://127.0.0.1:${port}/livez')`;
    expect(dockerfile.slice(dockerfile.indexOf('HEALTHCHECK'))).toContain(check);
    for (const [, { healthcheck }] of workers) expect(healthcheck?.test?.join(' ')).toContain(check);
    expect(dockerfile.lastIndexOf('\nUSER node\n')).toBeGreaterThan(dockerfile.lastIndexOf('\nFROM '));
  });

  test('leave out of the image what it copies from nowhere else', () => {
    const ignored = readFileSync('.dockerignore', 'utf8').split('\n');
    for (const left of ['.git', '**/node_modules', '**/dist', '.seqcast', '.seqcast-stack']) expect(ignored).toContain(left);
  });
});

describe('what observes', () => {
  const prometheus = parse(readFileSync('deploy/prometheus.yml', 'utf8')) as {
    readonly scrape_configs: readonly {
      readonly dns_sd_configs: readonly { readonly names: readonly string[]; readonly port: number }[];
    }[];
  };

  test('scrapes every worker', () => {
    const [{ names, port } = { names: [], port: 0 }] = prometheus.scrape_configs.flatMap((each) => each.dns_sd_configs);
    expect([...names].sort()).toEqual(workers.map(([name]) => name).sort());
    expect(port).toBe(7070);
  });

  test('shows it on one dashboard', () => {
    const dashboard = readFileSync('deploy/grafana/dashboards/seqcast.json', 'utf8');
    const { panels } = JSON.parse(dashboard) as { readonly panels: readonly { readonly datasource: object }[] };
    const source = parse(readFileSync('deploy/grafana/provisioning/datasources/prometheus.yml', 'utf8')) as {
      readonly datasources: readonly { readonly uid: string; readonly url: string }[];
    };
    for (const { datasource } of panels) expect(datasource).toMatchObject({ uid: source.datasources[0]?.uid });
    expect(source.datasources[0]?.url).toBe('http://prometheus:9090');
    expect(readdirSync('deploy/grafana/dashboards')).toEqual(['seqcast.json']);
  });
});
