-- seqcast_hello: says which life the stock lives; the first hello of a life begins it.
--
-- Guarantee  The nonce is minted here, from this process, its clock and the caller's chance: a hello that is sent twice, or to a copy of
--            this server, never makes two lives of one name.
-- KEYS       none
-- ARGV[1]    chance             random text of the caller
-- Reply      { hello, nonce, library }

local function mint_first(chance)
  if life == '' then
    life = minted(chance)
  end
end

register('seqcast_hello', function(_, args)
  mint_first(args[1] or '')
  return { 'hello', life, LIBRARY }
end)

-- seqcast_remint: drops everything and begins a new life: this one was declared lost, so that nothing is addressed to it any more.
--
-- Guarantee  Ends the life that is named and no later one, however late the command arrives.
-- KEYS       none
-- ARGV[1]    nonce              life to end
-- ARGV[2]    chance             random text of the caller
-- Reply      { reminted, nonce of the new life } | { fenced, nonce }
register('seqcast_remint', function(_, args)
  if args[1] ~= life then
    return { 'fenced', life }
  end
  local nonce = minted(args[2] or '')
  begin_life(nonce)
  return { 'reminted', life }
end)
