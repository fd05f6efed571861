"""kazoo's recipes: locks, elections, barriers, queues and watchers, each of which leans on ordering and ephemerals."""

import threading

from kazoo.recipe.watchers import ChildrenWatch, DataWatch


def run_in_thread(work):
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_lock_is_held_by_one_at_a_time(client, another_client):
    inside = []
    overlaps = []

    def work(contender, name):
        for _ in range(5):
            with contender.Lock(f"{client.root}/lock", name):
                inside.append(name)
                if len(inside) > 1:
                    overlaps.append(list(inside))
                contender.sync(client.root)
                inside.remove(name)

    contenders = [another_client() for _ in range(3)]
    threads = [run_in_thread(lambda c=c, i=i: work(c, f"contender-{i}")) for i, c in enumerate(contenders)]
    for thread in threads:
        thread.join(60)

    assert not any(thread.is_alive() for thread in threads)
    assert overlaps == []


def test_lock_passes_on_when_its_holder_leaves(client, another_client):
    holder, next_one = another_client(), another_client()
    lock = holder.Lock(f"{client.root}/lock", "holder")
    assert lock.acquire(timeout=10)
    waiting = next_one.Lock(f"{client.root}/lock", "next")
    assert not waiting.acquire(blocking=False)

    got_it = threading.Event()
    run_in_thread(lambda: waiting.acquire(timeout=30) and got_it.set())
    holder.stop()

    assert got_it.wait(30)


def test_election_runs_one_leader_after_the_other(client, another_client):
    leaders = []
    contenders = [another_client() for _ in range(3)]
    threads = [run_in_thread(lambda c=c, i=i: c.Election(f"{client.root}/election", str(i)).run(leaders.append, i))
               for i, c in enumerate(contenders)]
    for thread in threads:
        thread.join(30)

    assert sorted(leaders) == [0, 1, 2]


def test_semaphore_admits_its_number(client, another_client):
    first, second = another_client(), another_client()
    semaphore = first.Semaphore(f"{client.root}/semaphore", max_leases=1)
    assert semaphore.acquire(timeout=10)
    assert not second.Semaphore(f"{client.root}/semaphore", max_leases=1).acquire(blocking=False)

    semaphore.release()

    assert second.Semaphore(f"{client.root}/semaphore", max_leases=1).acquire(timeout=10)


def test_double_barrier(client, another_client):
    met = []
    others = [another_client() for _ in range(3)]

    def meet(who):
        barrier = who.DoubleBarrier(f"{client.root}/barrier", 3)
        barrier.enter()
        met.append(who)
        barrier.leave()

    threads = [run_in_thread(lambda c=c: meet(c)) for c in others]
    for thread in threads:
        thread.join(30)

    assert len(met) == 3


def test_queue_keeps_its_order(client):
    queue = client.Queue(f"{client.root}/queue")
    for i in range(20):
        queue.put(str(i).encode())

    assert [int(queue.get()) for _ in range(20)] == list(range(20))


def test_counter_counts_from_several_clients(client, another_client):
    def add(who):
        counter = who.Counter(f"{client.root}/counter")
        for _ in range(10):
            counter += 1

    threads = [run_in_thread(lambda c=c: add(c)) for c in (another_client(), another_client())]
    for thread in threads:
        thread.join(60)

    assert client.Counter(f"{client.root}/counter").value == 20


def test_data_watch_sees_the_last_value(client, another_client):
    writer = another_client()
    path = f"{client.root}/value"
    seen = []
    done = threading.Event()

    def on_change(data, stat):
        seen.append(data)
        if data == b"last":
            done.set()

    DataWatch(client, path, on_change)
    writer.create(path, b"first")
    for i in range(10):
        writer.set(path, str(i).encode())
    writer.set(path, b"last")

    assert done.wait(20)
    assert seen[0] is None


def test_children_watch_sees_the_final_set(client, another_client):
    writer = another_client()
    done = threading.Event()

    def on_change(children):
        if sorted(children) == [f"n{i}" for i in range(5)]:
            done.set()

    ChildrenWatch(client, client.root, on_change)
    for i in range(5):
        writer.create(f"{client.root}/n{i}")

    assert done.wait(20)


def test_party_members_come_and_go(client, another_client):
    first, second = another_client(), another_client()
    party_of_first = first.Party(f"{client.root}/party", "first")
    party_of_first.join()
    second.Party(f"{client.root}/party", "second").join()
    assert sorted(client.Party(f"{client.root}/party")) == ["first", "second"]

    second.stop()

    assert sorted(client.Party(f"{client.root}/party")) == ["first"]


def test_tree_cache_follows(client, another_client):
    from kazoo.recipe.cache import TreeCache
    writer = another_client()
    cache = TreeCache(client, client.root)
    changed = threading.Event()
    cache.listen(lambda event: changed.set())
    cache.start()
    writer.create(f"{client.root}/a", b"1")
    writer.create(f"{client.root}/a/b", b"2")
    for _ in range(100):
        node = cache.get_data(f"{client.root}/a/b")
        if node is not None and node.data == b"2":
            break
        changed.wait(0.2)
        changed.clear()
    cache.close()

    assert node.data == b"2"
