/* SPDX-License-Identifier: Apache-2.0 */
// http.h: a plain client: bytes to a port of 127.0.0.1, and what comes back.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>
#include <utility>

// A connection that is closed with the object.
class Connection {
 public:
  explicit Connection(int port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience = {60, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    open_ = connect(socket_, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0;
  }
  Connection(const Connection &) = delete;
  Connection &operator=(const Connection &) = delete;
  ~Connection() { close(socket_); }
  bool open() const { return open_; }
  void write(const std::string &bytes) {
    for (size_t at = 0; at < bytes.size();) {
      const ssize_t n = send(socket_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
      if (n <= 0) return;
      at += static_cast<size_t>(n);
    }
  }
  // A whole answer, or what came before the other side closed.
  std::string read() {
    std::string all;
    char piece[65536];
    for (ssize_t n; !is_whole(all) && (n = recv(socket_, piece, sizeof piece, 0)) > 0;)
      all.append(piece, static_cast<size_t>(n));
    return all;
  }

 private:
  static bool is_whole(const std::string &answer) {
    static const std::string name = "\r\nContent-Length: ";
    const size_t end = answer.find("\r\n\r\n"), at = answer.find(name);
    return end != std::string::npos && at < end &&
           answer.size() - end - 4 >= std::stoul(answer.substr(at + name.size()));
  }
  int socket_;
  bool open_ = false;
};

struct Answer {
  int status = 0;
  std::string head, body;
};

inline Answer parse_answer(const std::string &bytes) {
  Answer answer;
  const size_t end = bytes.find("\r\n\r\n");
  if (end == std::string::npos || bytes.rfind("HTTP/1.1 ", 0) != 0) return answer;
  answer.status = std::stoi(bytes.substr(9, 3));
  answer.head = bytes.substr(0, end + 2);
  answer.body = bytes.substr(end + 4);
  return answer;
}

// One request on a connection of its own. `more`: further header lines, each with its end.
inline Answer request(int port, const std::string &method, const std::string &path,
                      const std::string &more = "", const std::string &body = "",
                      const std::string &host = "127.0.0.1") {
  Connection connection(port);
  if (!connection.open()) return {};
  connection.write(method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n" + more +
                   "\r\n" + body);
  return parse_answer(connection.read());
}

inline Answer get(int port, const std::string &path) { return request(port, "GET", path); }

inline Answer post(int port, const std::string &path, const std::string &body) {
  return request(port, "POST", path,
                 "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n",
                 body);
}
