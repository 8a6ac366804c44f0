/**
 * Which broker a client asks first. kafkajs begins with the first of the list and stays with one that accepts connections and then hangs up,
 * while the others are well: each client begins with another one, so that whoever connects again gets past it.
 */
import type { KafkaConfig } from 'kafkajs';

/** A list that the application finds by itself, by a function, stays as it is. */
export function begunAnywhere(brokers: KafkaConfig['brokers'], draw: () => number = Math.random): KafkaConfig['brokers'] {
  if (typeof brokers === 'function') return brokers;
  const first = Math.floor(draw() * brokers.length);
  return [...brokers.slice(first), ...brokers.slice(0, first)];
}
